"""The drawing of a row: where the lines break, what is shaded, where the arrival stands."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.report.picture import HEIGHT, WIDTH, draw

AS_OF = date(2024, 4, 14)


def past(demand: list[float | None], in_stock: list[float] | None = None, step: int = 1) -> list[dict[str, Any]]:
    shares = in_stock or [1.0] * len(demand)
    first = AS_OF - timedelta(days=step * (len(demand) - 1))
    return [
        {"date": first + timedelta(days=step * i), "demand": value, "units": value or 0.0, "in_stock_share": shares[i]}
        for i, value in enumerate(demand)
    ]


def ahead(median: list[float], step: int = 1) -> list[dict[str, Any]]:
    return [
        {"date": AS_OF + timedelta(days=step * i), "p05": 0.0, "p25": value / 2, "p50": value, "p75": value * 1.5, "p95": value * 2}
        for i, value in enumerate(median, start=1)
    ]


def test_nothing_to_draw_is_no_picture() -> None:
    assert draw([], [], as_of=AS_OF, arrival=None, frequency="day") is None


def test_line_breaks_where_demand_is_unknown_and_a_lone_day_is_a_dot() -> None:
    picture = draw(past([3, 4, None, 5, None, 6, 7]), [], as_of=AS_OF, arrival=None, frequency="day")
    assert picture is not None
    assert [piece.count("L") for piece in picture.demand.split("M")[1:]] == [1, 0, 1]


def test_days_out_of_stock_are_shaded_by_their_share_and_neighbours_join() -> None:
    picture = draw(past([3, None, None, 5, None, 6], [1, 0, 0, 1, 0.5, 1]), [], as_of=AS_OF, arrival=None, frequency="day")
    assert picture is not None
    (first_left, first_width, first), (_, second_width, second) = picture.shades
    assert (first, second) == (4, 2)
    assert first_width == pytest.approx(2 * second_width, abs=0.3)
    assert first_left < picture.as_of.x


@pytest.mark.parametrize(("frequency", "step"), [("day", 1), ("week", 7)])
def test_forecast_begins_where_the_history_ends(frequency: str, step: int) -> None:
    picture = draw(
        past([3.0] * 20, step=step), ahead([4.0] * 4, step), as_of=AS_OF, arrival=AS_OF + timedelta(days=2 * step), frequency=frequency
    )
    assert picture is not None
    xs = [float(x) for x in re.findall(r"[ML]([\d.]+) ", picture.median)]
    assert picture.as_of.x < min(xs)
    assert max(float(x) for x in re.findall(r"[ML]([\d.]+) ", picture.demand)) < picture.as_of.x
    assert picture.arrival is not None
    assert xs[0] < picture.arrival.x < xs[1]


def test_an_arrival_far_beyond_the_horizon_is_told_at_the_edge() -> None:
    picture = draw(past([3.0] * 20), ahead([4.0] * 4), as_of=AS_OF, arrival=date(2024, 12, 1), frequency="day")
    assert picture is not None
    assert picture.arrival is not None
    assert picture.arrival.words == "order arrives 2024-12-01 →"


def test_the_summary_tells_what_the_eye_sees() -> None:
    picture = draw(past([2, 4, None], [1, 1, 0]), ahead([5.0, 7.0]), as_of=AS_OF, arrival=None, frequency="day")
    assert picture is not None
    assert (
        picture.summary
        == "Mean demand 3 per period; out of stock in 1 of the last 3 periods; median forecast 6 per period until 2024-04-16."
    )


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=90),
    st.lists(st.floats(0, 1e6), max_size=30),
    st.one_of(st.none(), st.integers(1, 500)),
    st.sampled_from(["day", "week"]),
)
def test_everything_drawn_stays_in_the_box(demand: list[float | None], median: list[float], wait: int | None, frequency: str) -> None:
    step = 7 if frequency == "week" else 1
    arrival = None if wait is None else AS_OF + timedelta(days=wait)
    picture = draw(past(demand, step=step), ahead(median, step), as_of=AS_OF, arrival=arrival, frequency=frequency)
    if picture is None:
        assert not demand
        assert not median
        return
    for path in (picture.demand, picture.sold, picture.wide, picture.narrow, picture.median):
        for x, y in re.findall(r"[ML]([-\d.e]+) ([-\d.e]+)", path):
            assert 0 <= float(x) <= WIDTH
            assert 0 <= float(y) <= HEIGHT
    for label in [picture.as_of, *picture.dates, *([picture.arrival] if picture.arrival else [])]:
        assert 0 <= label.x <= WIDTH
