"""The list of alerts: how long it is, which kinds are in it, and how the rest is counted."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from models.alert_list import alert_counts, rest_in_words, with_listed

SCHEMA = {"kind": pl.String, "state": pl.String, "snoozed_by": pl.String, "value_at_risk": pl.Float64}


def ranked(*rows):
    """Alerts as (kind, value), or (kind, value, state), or (kind, value, state, snoozed_by), most valuable first."""
    full = [(*row, *("new", None)[len(row) - 2 :]) for row in rows]
    return pl.DataFrame([(kind, state, by, value) for kind, value, state, by in full], schema=SCHEMA, orient="row")


MIXED = ranked(
    ("overstock", 90.0), ("overstock", 80.0), ("stocked_out", 70.0, "same", "Ada"), ("overstock", 60.0), ("stocked_out", 50.0),
    ("overstock", 40.5), ("stocked_out", 30.0, "worse"), ("data_problem", None), ("overstock", 0.0, "cleared"),
)  # fmt: skip


def listed(alerts, **caps):
    return with_listed(alerts, **caps)["listed"].to_list()


def test_no_kind_takes_the_places_of_the_others():
    assert listed(MIXED, most=5, most_of_kind=2) == [True, True, False, False, True, False, True, True, False]
    assert listed(MIXED, most=3, most_of_kind=2) == [True, True, False, False, True, False, False, False, False]
    assert listed(MIXED, most=50, most_of_kind=50) == [True, True, False, True, True, True, True, True, False]


def test_what_is_not_listed_is_counted_by_kind():
    counts = {row["kind"]: row for row in alert_counts(with_listed(MIXED, most=3, most_of_kind=2)).to_dicts()}
    assert counts["overstock"] == {
        "kind": "overstock", "open": 4, "new": 4, "listed": 2, "snoozed": 0, "unlisted": 2, "unlisted_value": 100.5, "cleared": 1,
    }  # fmt: skip
    assert counts["stocked_out"] | {"kind": ""} == {
        "kind": "", "open": 3, "new": 1, "listed": 1, "snoozed": 1, "unlisted": 1, "unlisted_value": 30.0, "cleared": 0,
    }  # fmt: skip
    assert (counts["data_problem"]["unlisted"], counts["data_problem"]["unlisted_value"]) == (1, 0)


def test_the_rest_in_words():
    rest = rest_in_words(with_listed(MIXED, most=3, most_of_kind=2), "EUR")
    assert rest == "and 4 more: 2 overstock worth 100 EUR, 1 data problem, 1 stocked out worth 30 EUR; 1 snoozed"
    assert rest_in_words(with_listed(ranked(("overstock", 1.0)), most=3, most_of_kind=2)) is None
    assert rest_in_words(with_listed(ranked(("overstock", 1.0, "same", "Ada")), most=3, most_of_kind=2)) == "1 snoozed"
    assert rest_in_words(with_listed(ranked(), most=3, most_of_kind=2)) is None


ROWS = st.tuples(
    st.sampled_from(["overstock", "stocked_out", "data_problem"]),
    st.floats(0, 1e6) | st.none(),
    st.sampled_from(["new", "same", "cleared"]),
    st.none() | st.just("Ada"),
)


@given(rows=st.lists(ROWS, max_size=30), most=st.integers(1, 10), of_kind=st.integers(1, 5))
def test_every_open_alert_is_listed_snoozed_or_counted(rows, most, of_kind):
    alerts = with_listed(ranked(*rows), most=most, most_of_kind=of_kind)
    counts = alert_counts(alerts)
    assert (counts["open"] == counts["listed"] + counts["snoozed"] + counts["unlisted"]).all()
    assert counts["open"].sum() + counts["cleared"].sum() == len(rows)
    assert counts["listed"].sum() <= most
    assert (counts["listed"] <= of_kind).all()
    # By hand: walk down the list with a counter per kind.
    taken, seen = [], {}
    for kind, _, state, by in rows:
        if state == "cleared" or by is not None:
            taken.append(False)
            continue
        seen[kind] = seen.get(kind, 0) + 1
        taken.append(seen[kind] <= of_kind and sum(taken) < most)
    assert alerts["listed"].to_list() == taken
