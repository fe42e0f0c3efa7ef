"""Distances to events by the obvious loop, and which events count at all."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.cadence import DAILY, WEEKLY
from features.event_calendar import event_calendar, learnable

END = date(2024, 6, 30)


def on(back: int) -> date:
    return END - timedelta(days=back)


def events_of(days, event="fair"):
    return pl.DataFrame({"date": [on(back) for back in days], "event": [event] * len(days)}, schema={"date": pl.Date, "event": pl.String})


def taught(*tables, begins=400, cadence=DAILY):
    """Names of the events that history of `begins` days has taught."""
    return set(learnable(pl.concat(tables), begins=on(begins), end=END, cadence=cadence)["event"])


def calendar(days, events, cadence=DAILY, begins=400):
    found = event_calendar(pl.Series([on(back) for back in days], dtype=pl.Date), events, begins=on(begins), end=END, cadence=cadence)
    return {
        (END - when).days: (after, before, kind)
        for when, after, before, kind in found.select("date", "event_after", "event_before", "event_kind").iter_rows()
    }


ENOUGH = [100, 80, 60, 40, 20]


@given(st.lists(st.integers(-20, 19), max_size=4))
def test_distances_are_those_to_the_nearest_events_within_reach(others):
    days = sorted({*ENOUGH, *others})
    found = calendar(range(-25, 110), events_of(days))
    for today, (after, before, kind) in found.items():
        since = [back - today for back in days if back >= today]
        until = [today - back for back in days if back <= today]
        assert after == (min(since) if since and min(since) <= DAILY.reach else None)
        assert before == (min(until) if until and min(until) <= DAILY.reach else None)
        assert (kind is not None) == (today in days)


def test_weeks_count_in_weeks():
    """Any day of a week is an event of its Monday."""
    monday = (END - date(2024, 6, 24)).days
    days = [monday + 7 * k - 3 for k in (50, 40, 30, 20, 10, -2)]
    found = calendar([monday + 7 * k for k in (1, 0, -1, -2, -3, -5)], events_of(days), WEEKLY)
    assert [before for _, before, _ in found.values()] == [None, 2, 1, 0, None, None]
    assert [after for after, _, _ in found.values()] == [None, None, None, 0, 1, None]


def test_the_code_of_an_event_does_not_depend_on_the_others():
    alone = calendar([20], events_of(ENOUGH))[20][2]
    others = [events_of([back - 1 for back in ENOUGH], "apple day"), events_of([back + 1 for back in ENOUGH], "zoo day")]
    among = calendar([20, 19, 21], pl.concat([events_of(ENOUGH), *others]))
    assert among[20][2] == alone is not None
    assert len({kind for _, _, kind in among.values()}) == 3


@pytest.mark.parametrize(
    ("days", "counts"),
    [
        (ENOUGH, True),
        (ENOUGH[1:], False),
        ([*ENOUGH[1:], -20], False),
        ([*ENOUGH[1:], 401], False),
        ([365, 1], True),
        ([300, 1], False),
        ([7, 6, 5, 4, 3, 2, 1], False),
        ([80, 79, 60, 59, 40, 39, 20, 19], False),
        ([100, 99, 98, 80, 60, 40, 20], True),
        ([], False),
    ],
    ids=[
        "five",
        "four",
        "the fifth to come",
        "the fifth before history",
        "a year apart",
        "not quite a year",
        "days in a row",
        "pairs of days",
        "a long one",
        "none",
    ],
)
def test_an_event_counts_once_history_has_shown_it_often_enough(days, counts):
    assert taught(events_of(days)) == ({"fair"} if counts else set())


def test_a_rare_event_is_a_day_like_any_other():
    events = pl.concat([events_of(ENOUGH), events_of([21], "coronation")])
    assert taught(events) == {"fair"}
    assert calendar([22, 21, 20], events) == calendar([22, 21, 20], events_of(ENOUGH))


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random):
    rows = [(on(back), name) for name, days in (("fair", ENOUGH), ("market", [95, 75, 60, 40, 20]), ("once", [60])) for back in days]
    shuffled = random.sample(rows, len(rows))
    frames = [pl.DataFrame(case, schema={"date": pl.Date, "event": pl.String}, orient="row") for case in (rows, shuffled)]
    assert calendar(range(120), frames[0]) == calendar(range(120), frames[1])
