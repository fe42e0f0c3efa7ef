"""Every window expression against the loop a person would write, series by series."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from data.windows import (
    POINT,
    carried,
    earlier,
    fixed,
    fixed_square,
    lag,
    ratio,
    running,
    seasonal_sum,
    window_mean,
    window_sum,
    window_variance,
)

Value = float | None
Panels = list[list[Value]]

VALUES = st.none() | st.integers(0, 40).map(float) | st.decimals(0, 500, places=3).map(float)
PANELS = st.lists(st.lists(VALUES, min_size=1, max_size=14), min_size=1, max_size=5)


def laid_out(panel: Panels) -> pl.DataFrame:
    """One column `x` of all series below each other, its position, and the running totals that windows are made of."""
    rows = pl.DataFrame(
        {"x": [value for series in panel for value in series], "pos": [place for series in panel for place in range(len(series))]},
        schema={"x": pl.Float64, "pos": pl.Int32},
    ).with_columns(units=fixed(pl.col("x")), seen=pl.col("x").is_not_null().cast(pl.Int64))
    rows = rows.with_columns(squares=fixed_square(pl.col("units")))
    return rows.with_columns(running(pl.col(name)).alias(f"total_{name}") for name in ("units", "seen", "squares"))


def loop(panel: Panels, value: Callable[[list[Value], int], Value]) -> list[Value]:
    """Apply `value` to each series and each place in it."""
    return [value(series, place) for series in panel for place in range(len(series))]


def known(series: list[Value], places: range) -> list[float]:
    return [value for place in places if 0 <= place < len(series) and (value := series[place]) is not None]


def same(expression: pl.Expr, panel: Panels, expected: list[Value], tolerance: float = 1e-6) -> None:
    found = laid_out(panel).select(found=expression)["found"].to_list()
    assert [value is None for value in found] == [value is None for value in expected]
    for got, want in zip(found, expected, strict=True):
        assert got == (None if want is None else pytest.approx(want, rel=tolerance, abs=1e-9))


@given(PANELS, st.integers(0, 15))
def test_lag_looks_back_within_the_series(panel, periods):
    same(lag(pl.col("x"), periods), panel, loop(panel, lambda series, place: series[place - periods] if place >= periods else None))


@given(PANELS)
def test_carried_is_the_newest_known_value_of_the_series(panel):
    def newest(series, place):
        found = known(series, range(place + 1))
        return found[-1] if found else None

    same(carried(pl.col("x")), panel, loop(panel, newest))


@given(PANELS, st.integers(1, 15), st.integers(0, 6))
def test_window_sum_is_exact(panel, periods, ending):
    """In Int64 fixed point: equal to the last thousandth, not nearly."""

    def total(series, place):
        return sum(round(value * POINT) for value in known(series, range(place - ending - periods + 1, place - ending + 1)))

    found = laid_out(panel).select(found=window_sum("total_units", periods, ending=ending))["found"].to_list()
    assert found == loop(panel, total)


@given(PANELS, st.integers(1, 15), st.integers(0, 3))
def test_window_mean_counts_known_rows_only(panel, periods, ending):
    def mean(series, place):
        values = known(series, range(place - ending - periods + 1, place - ending + 1))
        return float(np.mean(values)) if values else None

    same(window_mean("total_units", "total_seen", periods, ending=ending), panel, loop(panel, mean))


@given(PANELS, st.integers(1, 15), st.integers(0, 3))
def test_window_variance_is_that_of_numpy(panel, periods, ending):
    """To the resolution of the fixed point, 0.0001 square units."""

    def window(series, place):
        return known(series, range(place - ending - periods + 1, place - ending + 1))

    expression = window_variance("total_units", "total_squares", "total_seen", periods, ending=ending)
    found = laid_out(panel).select(found=expression)["found"].to_list()
    for got, values in zip(found, loop(panel, window), strict=True):
        assert got == (pytest.approx(np.var(values), rel=1e-6, abs=2e-4) if values else None)


@given(PANELS, st.integers(1, 5), st.integers(1, 4))
def test_seasonal_sum_takes_the_same_phase_of_past_seasons(panel, season, cycles):
    def total(series, place):
        return sum(
            round(value * POINT) for k in range(cycles) for value in known(series, range(place - season * k, place - season * k + 1))
        )

    found = laid_out(panel).select(found=seasonal_sum("units", season, cycles))["found"].to_list()
    assert found == loop(panel, total)


@given(PANELS)
def test_running_starts_again_with_every_series(panel):
    found = laid_out(panel)["total_units"].to_list()
    assert found == loop(panel, lambda series, place: sum(round(value * POINT) for value in known(series, range(place + 1))))


@given(PANELS, st.integers(0, 15))
def test_earlier_counts_what_came_before_the_series_as_nothing(panel, periods):
    found = laid_out(panel).select(found=earlier(pl.col("units"), periods))["found"].to_list()
    units = laid_out(panel)["units"].to_list()
    first = 0
    expected = []
    for series in panel:
        expected += [units[first + place - periods] if place >= periods else 0 for place in range(len(series))]
        first += len(series)
    assert found == expected


def test_an_empty_frame_gives_empty_columns_of_the_same_types():
    """A region without sales has the same features."""

    def made(panel):
        return laid_out(panel).select(
            lag=lag(pl.col("x"), 2),
            sum=window_sum("total_units", 5, ending=1),
            mean=window_mean("total_units", "total_seen", 5, ending=1),
            variance=window_variance("total_units", "total_squares", "total_seen", 5),
            season=seasonal_sum("units", 3, 2),
        )

    none, one = made([]), made([[4.0]])
    assert none.is_empty()
    assert none.schema == one.schema
    assert one.row(0) == (None, 0, None, 0.0, 4 * POINT)


@given(PANELS, PANELS)
def test_series_before_and_after_change_nothing(panel, others):
    expressions = {
        "lag": lag(pl.col("x"), 2),
        "carried": carried(pl.col("x")),
        "mean": window_mean("total_units", "total_seen", 5, ending=1),
        "variance": window_variance("total_units", "total_squares", "total_seen", 5),
        "season": seasonal_sum("units", 3, 2),
    }
    alone = laid_out(panel).select(**expressions)
    between = laid_out([*others, *panel, *others]).select(**expressions)
    before = sum(len(series) for series in others)
    # Floats may be multiplied and added in one step or in two, as they fall into the processor's lanes.
    assert_frame_equal(between.slice(before, alone.height), alone, abs_tol=1e-9)


@pytest.mark.parametrize(("typical", "spread"), [(1_000, 1), (50_000, 3), (1_000_000, 10)])
def test_a_fast_item_keeps_its_small_spread(typical, spread):
    values = [float(typical + spread * (-1) ** day) for day in range(28)]
    found = laid_out([values]).select(found=window_variance("total_units", "total_squares", "total_seen", 28).sqrt())["found"][-1]
    assert found == pytest.approx(spread, rel=1e-3)


def test_a_constant_item_has_no_spread():
    found = laid_out([[7.0] * 30]).select(found=window_variance("total_units", "total_squares", "total_seen", 28))["found"]
    assert found.to_list() == [0.0] * 30


def test_totals_beyond_the_range_of_int64_still_give_exact_windows():
    """The running total goes over all rows of a region; what wraps around in it wraps back in the difference."""
    huge = 4e15
    panel: Panels = [[huge] * 40, [1.0, 2.0, 3.0]]
    rows = laid_out(panel).select(total=pl.col("units").cum_sum(), found=window_sum("total_units", 2))
    assert rows["total"].min() < 0, "the example does not reach the end of the range"
    assert rows["found"].to_list() == [round(huge * POINT), *[2 * round(huge * POINT)] * 39, 1 * POINT, 3 * POINT, 5 * POINT]


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-3, 9)), min_size=1))
def test_ratio_is_unknown_where_nothing_was_counted(pairs):
    rows = pl.DataFrame(pairs, schema=["over", "under"], orient="row").select(found=ratio(pl.col("over"), pl.col("under")))
    assert rows["found"].to_list() == [pytest.approx(over / under, rel=1e-6) if under > 0 else None for over, under in pairs]
