"""Inputs of the newest week against the weeks before: ordinary noise says nothing, real shifts are found and named."""

from datetime import date, timedelta
from statistics import median

import numpy as np
import polars as pl
import pytest

from data.input_drift import WEEKS, drift_messages, first_day, weekly_measures
from data.robust_limits import TO_SD, WIDTH, limits

AS_OF = date(2024, 6, 12)
SKUS = [f"S{number:02}" for number in range(20)]


def inputs(seed=0, days=63, as_of=AS_OF, growth=0.0):
    """Poisson sales of twenty items in two fcs: weekends, a shock common to a day, prices that are cut now and then, days out of stock."""
    rng = np.random.default_rng(seed)
    dates = [as_of - timedelta(days=back) for back in range(days)]
    rows, stock = [], []
    rate = rng.gamma(1.5, 2.0, (2, len(SKUS)))
    price = rng.uniform(2, 20, len(SKUS))
    for day in dates:
        shock = np.exp(rng.normal(0, 0.15)) * (1.6 if day.weekday() > 4 else 1.0) * (1 - growth) ** ((as_of - day).days / 7)
        for fc in range(2):
            units = rng.poisson(rate[fc] * shock)
            cut = np.where(rng.random(len(SKUS)) < 0.1, 0.8, 1.0)
            for number in np.flatnonzero(units):
                missing = rng.random() < 0.03
                rows.append((day, SKUS[number], f"F{fc}", float(units[number]), None if missing else round(price[number] * cut[number], 2)))
            stock += [(day, sku, f"F{fc}", float(rng.random() > 0.1)) for sku in SKUS]
    sales = pl.DataFrame(
        rows, schema={"date": pl.Date, "sku": pl.String, "fc": pl.String, "units": pl.Float64, "price": pl.Float64}, orient="row"
    )
    return sales, pl.DataFrame(stock, schema={"date": pl.Date, "sku": pl.String, "fc": pl.String, "in_stock": pl.Float64}, orient="row")


def said(sales, availability, skus=SKUS):
    return drift_messages(weekly_measures(sales, availability, skus, AS_OF), "north", AS_OF)


NEWEST = pl.col("date") > AS_OF - timedelta(days=7)


def test_two_hundred_quiet_nights_raise_next_to_no_alarm():
    alarms = [said(*inputs(seed, growth=0.02)) for seed in range(200)]
    assert sum(bool(messages) for messages in alarms) <= 2, "half a percent of nights, twice as many for luck"


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda sales: sales.filter(~NEWEST | (pl.col("fc") == "F0")), "sku × fc with sales"),
        (lambda sales: pl.concat([sales, sales.filter(NEWEST)]), "rows of sales in"),
        (lambda sales: sales.with_columns(units=pl.when(NEWEST).then(pl.col("units") * 6).otherwise("units")), "units sold"),
        (lambda sales: sales.with_columns(price=pl.when(NEWEST).then(pl.col("price") * 100).otherwise("price")), "prices"),
        (lambda sales: sales.with_columns(price=pl.when(~NEWEST).then("price")), "without a price"),
        (
            lambda sales: sales.with_columns(sku=pl.when(NEWEST).then(pl.lit("x") + "sku").otherwise("sku")),
            "whose sku `items` does not have",
        ),
    ],
)
def test_a_shift_of_the_newest_week_is_found_and_named(spoil, named):
    sales, availability = inputs()
    assert said(sales, availability) == []
    messages = said(spoil(sales), availability)
    assert any(named in message.message for message in messages)
    assert {(message.code, message.severity, message.region) for message in messages} == {("input_drift", "warning", "north")}


def test_stock_that_is_mostly_gone_is_found():
    sales, availability = inputs()
    gone = availability.with_columns(in_stock=pl.when(NEWEST).then(pl.col("in_stock") * 0.2).otherwise("in_stock"))
    [message] = said(sales, gone)
    assert message.table == "availability"
    assert "mean share in stock" in message.message


def test_measures_are_the_naive_ones_whatever_the_order_of_rows():
    sales, availability = inputs(3)
    measures = weekly_measures(sales.sample(fraction=1, shuffle=True, seed=1), availability, SKUS[:15], AS_OF)
    assert measures["week"].to_list() == list(range(WEEKS + 1))
    assert measures.equals(weekly_measures(sales, availability, SKUS[:15], AS_OF))
    for week in (0, 5):
        end = AS_OF - timedelta(days=7 * week)
        rows = [row for row in sales.to_dicts() if end - timedelta(days=7) < row["date"] <= end]
        told = measures.row(week, named=True)
        assert told["rows"] == len(rows)
        assert told["series"] == len({(row["sku"], row["fc"]) for row in rows})
        assert told["units"] == sum(row["units"] for row in rows)
        assert told["without_price"] == pytest.approx(sum(row["price"] is None for row in rows) / len(rows))
        assert told["unknown_items"] == pytest.approx(sum(row["sku"] not in SKUS[:15] for row in rows) / len(rows))


def test_days_outside_and_a_short_or_thin_history_say_nothing():
    sales, availability = inputs(days=200)
    assert weekly_measures(sales, availability, SKUS, AS_OF).height == WEEKS + 1
    assert weekly_measures(sales.filter(pl.col("date") >= first_day(AS_OF)), availability, SKUS, AS_OF).equals(
        weekly_measures(sales, availability, SKUS, AS_OF)
    )
    doubled = pl.concat([sales, sales.filter(NEWEST)])
    assert said(doubled.filter(pl.col("date") > AS_OF - timedelta(days=35)), availability) == []
    assert said(doubled.filter(pl.col("sku") == "S01"), availability) == []
    assert said(doubled.clear(), availability.clear()) == []


def test_limits_are_median_and_deviation_and_no_narrower_than_the_floor():
    past = [1.0, 2.0, 2.5, 3.0, 40.0]
    found = limits(past, floor=0.1)
    reach = WIDTH * TO_SD * median(abs(value - 2.5) for value in past)
    assert (found.low, found.usual, found.high) == (2.5 - reach, 2.5, 2.5 + reach)
    assert limits([2.0] * 9, floor=0.5).hold(2.5)
    assert not limits([2.0] * 9, floor=0.5).hold(2.51)
    with pytest.raises(ValueError, match="past values"):
        limits([], floor=1)
