"""What a marketplace recommended: which of its reports a night shows."""

from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from data.contracts import MarketplaceRecommendations
from data.marketplace import KEPT_DAYS, marketplace_advice

AS_OF = date(2024, 4, 14)
SCHEMA = MarketplaceRecommendations.create_empty().schema


def ago(days):
    return AS_OF - timedelta(days=days)


def advice(*rows):
    table = pl.DataFrame([{"fc": "f", "sku": "a", **row} for row in rows], schema=SCHEMA)
    return marketplace_advice(table, run_id="r", as_of=AS_OF)


def test_the_newest_report_not_after_as_of_counts():
    told = advice(
        {"date": ago(5), "recommended_units": 9.0},
        {"date": ago(1), "recommended_units": 40.0, "alert": "Low stock"},
        {"date": ago(-1), "recommended_units": 70.0},
    )
    (row,) = told.iter_rows(named=True)
    assert (row["report_date"], row["recommended_units"], row["alert"]) == (ago(1), 40.0, "Low stock")
    assert (row["run_id"], row["as_of"]) == ("r", AS_OF)


def test_a_report_without_a_quantity_does_not_hide_one_that_names_it_even_nothing():
    told = advice({"date": ago(3), "recommended_units": 0.0}, {"date": ago(1), "days_of_supply": 20.0})
    assert told.select("report_date", "recommended_units", "days_of_supply").rows() == [(ago(3), 0.0, None)]
    alone = advice({"date": ago(3), "days_of_supply": 22.0}, {"date": ago(1), "days_of_supply": 20.0})
    assert alone.select("report_date", "recommended_units", "days_of_supply").rows() == [(ago(1), None, 20.0)]


def test_an_old_recommendation_is_gone():
    assert advice({"date": ago(KEPT_DAYS), "recommended_units": 5.0}).is_empty()
    assert advice({"date": ago(KEPT_DAYS - 1), "recommended_units": 5.0}).height == 1


REPORTS = st.dictionaries(
    st.tuples(st.integers(-3, KEPT_DAYS + 3), st.sampled_from("ab"), st.sampled_from("fg")),
    st.none() | st.integers(0, 9).map(float),
    max_size=25,
)


@given(reports=REPORTS, seed=st.randoms(use_true_random=False))
def test_agrees_with_a_plain_loop_in_any_order_of_rows(reports, seed):
    rows = [
        {"date": ago(days), "sku": sku, "fc": fc, "recommended_units": units, "alert": f"{days}"}
        for (days, sku, fc), units in reports.items()
    ]
    expected = {}
    for row in sorted(rows, key=lambda row: row["date"]):
        key = row["fc"], row["sku"]
        if 0 <= (AS_OF - row["date"]).days < KEPT_DAYS and (
            row["recommended_units"] is not None or key not in expected or expected[key][0] is None
        ):
            expected[key] = row["recommended_units"], row["alert"]
    seed.shuffle(rows)
    told = marketplace_advice(pl.DataFrame(rows, schema=SCHEMA), run_id="r", as_of=AS_OF)
    assert [(row["fc"], row["sku"]) for row in told.iter_rows(named=True)] == sorted(expected)
    assert {(row["fc"], row["sku"]): (row["recommended_units"], row["alert"]) for row in told.iter_rows(named=True)} == expected
