"""Demand lost to stock-outs, estimated where the truth is known, and stock-outs found without availability data, on the fresh data.

The source has no sales per hour, so within-day censoring is made. True demand is what series really sold on days at most 3 of 16 hours out
of stock; other days repeat the same weekday before and are not scored. The units of a day are spread over its hours by a profile with a
morning and an afternoon peak, a stock is drawn for the day, and what comes after it has gone is hidden, from the history as well. Fast days
sell out early, as they do in earnest; the second table shows how like the real stock-outs the made ones are. Constants were chosen on days
0 to 34, the report is on days 35 to 75. Run it by `python -m benchmarks.check_lost_demand`.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.make_inputs import DATA
from data.cleaning.inferred_stockouts import inferred_stockouts
from data.cleaning.lost_demand import lost_demand
from scripts.fresh_tables import OPENING_HOURS, SALE_STEPS_PER_UNIT, read_source

REPORT = range(35, 76)
NEARLY_WHOLE = 3
"""Hours out of a day that has sold nearly all it could; the late ones sell little."""

OFTEN_WHOLE = 0.7
"""Share of such days from which a series is used."""

SEED = 7
STOCK = (0.2, 0.7)
"""Mean and standard deviation of the logarithm of a day's stock over the series' mean demand: as many days run out as in earnest."""

STAYS_OUT, BACK = 0.12, 0.65
"""Chance that a day that ran out is followed by one out throughout, and that the day after such a one is not."""

HOURLY = np.array([71, 89, 102, 93, 78, 61, 47, 47, 54, 64, 73, 55, 38, 34, 34, 30])
"""Demand by hour, 6 to 22: the shape of the hours at which real stock runs out (days 0 to 34), were times smooth in units sold."""

PROFILES = {"two peaks": HOURLY / HOURLY.sum(), "even": np.full(OPENING_HOURS, 1 / OPENING_HOURS)}
BUCKETS = ((1, 3), (4, 6), (7, 9), (10, 12), (13, 15), (16, 16), (1, 16))


def daily(source: Path, series: int | None) -> pl.DataFrame:
    """Return region, fc, sku, date, day (0 …), promo, category, demand, demand_at_least, in_stock_share, hours (out), sorted."""
    lazy = read_source(source)
    if series:
        lazy = lazy.join(lazy.select("fc", "sku").unique().sort("fc", "sku").head(series), on=["fc", "sku"], how="semi")
    units, hours = (pl.col("sale_amount") * SALE_STEPS_PER_UNIT).round(), pl.col("stockout_hours_6_22").cast(pl.Int64)
    return (
        lazy.select(
            *("region", "fc", "sku", "date"),
            promo=pl.col("activity_flag").cast(pl.Float64),
            category=pl.col("first_category_id").cast(pl.String),
            demand=pl.when(hours == 0).then(units),
            demand_at_least=units,
            in_stock_share=1 - hours / OPENING_HOURS,
            hours=hours,
            day=(pl.col("date") - pl.col("date").min()).dt.total_days(),
        )
        .sort("region", "fc", "sku", "date")
        .collect()
    )


def by_region(function, grid: pl.DataFrame, *more: pl.DataFrame) -> tuple[pl.DataFrame, float]:  # type: ignore[no-untyped-def]
    """Return the rows that a function makes of each region, in the order of `grid`, and the seconds it took."""
    began = time.perf_counter()
    made = [function(part, *more, frequency="day") for _, part in grid.group_by("region", maintain_order=True)]
    return pl.concat(made), time.perf_counter() - began


def known_demand(grid: pl.DataFrame) -> pl.DataFrame:
    """Return series nearly whole on most days, with their real sales as demand; `real` tells days whose sales are their own."""
    kept = pl.col("hours") <= NEARLY_WHOLE
    own = grid.filter(kept.mean().over("fc", "sku") >= OFTEN_WHOLE).with_columns(real=kept, weekday=pl.col("date").dt.weekday())
    sold = pl.when("real").then("demand_at_least")
    # The weekday before, then the day before: a copy must not tell of the day it was made from before that day came.
    before = pl.coalesce(sold.forward_fill().over("fc", "sku", "weekday"), sold.forward_fill().over("fc", "sku"))
    return own.with_columns(demand_at_least=pl.coalesce(before, sold.backward_fill().over("fc", "sku"))).drop("weekday")


def censored(grid: pl.DataFrame, profile: np.ndarray) -> pl.DataFrame:
    """Return whole series with made stock-outs: `truth` is demand, the columns of the contract are what is left to see."""
    rng = np.random.default_rng(SEED)
    days = len(grid["day"].unique())
    truth = grid["demand_at_least"].to_numpy().astype(np.int64).reshape(-1, days)
    usual = truth.mean(axis=1, keepdims=True)
    stock = np.maximum(np.round(usual * np.exp(STOCK[0] + STOCK[1] * rng.standard_normal(truth.shape))), 1).astype(np.int64)
    goes = truth >= stock
    # In demand time arrivals are uniform: the last unit of stock goes at an order statistic of them.
    share = rng.beta(np.where(goes, stock, 1), np.where(goes, truth - stock + 1, 1))
    served = np.interp(share, np.concatenate([[0], np.cumsum(profile)]), np.arange(OPENING_HOURS + 1))
    hours = np.where(goes, np.round(OPENING_HOURS - served), 0).astype(np.int64)
    out = np.zeros(truth.shape, dtype=bool)
    for day in range(1, days):
        draw = rng.random(len(truth))
        out[:, day] = np.where(out[:, day - 1], draw > BACK, (hours[:, day - 1] > 0) & (draw < STAYS_OUT))
    hours = np.where(out, OPENING_HOURS, hours).ravel()
    # Where stock goes within the last half hour the day counts as in stock, and what little is lost is not told, as in the source.
    sold = np.where(out, 0, np.minimum(stock, truth)).ravel().astype(np.float64)
    return grid.with_columns(
        truth=truth.ravel().astype(np.float64),
        hours=hours,
        demand_at_least=sold,
        in_stock_share=1 - hours / OPENING_HOURS,
        demand=pl.when(pl.Series(hours) == 0).then(pl.Series(sold)),
    )


def simple_rules(grid: pl.DataFrame) -> pl.DataFrame:
    """Return sold_by_share and four_weeks: sales ÷ share in stock, and the mean of days in stock of the 28 days before."""
    mean = pl.col("demand").rolling_mean(28, min_samples=1).shift().over("fc", "sku")
    share = pl.col("in_stock_share")
    ever = pl.coalesce(mean.forward_fill().over("fc", "sku"), 0.0)
    return grid.select(
        sold_by_share=pl.when(share > 0).then(pl.col("demand_at_least") / share).otherwise(ever),
        four_weeks=pl.max_horizontal("demand_at_least", ever),
    )


def table(frame: pl.DataFrame) -> None:
    """Print a frame whole, numbers to three decimals."""
    with pl.Config(
        tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, float_precision=3, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True
    ):
        print(frame)


def scores(made: pl.DataFrame, profile: str) -> pl.DataFrame:
    """Return, per hours out: bias of the day's demand and of its lost part, error of the lost part, and coverage of the interval."""
    rows = made.filter(pl.col("day").is_in(REPORT) & (pl.col("hours") > 0) & pl.col("real")).with_columns(
        gone=pl.col("truth") - pl.col("demand_at_least")
    )
    totals = {
        "ours": pl.col("demand_at_least") + pl.col("lost"),
        "sales ÷ share": pl.col("sold_by_share"),
        "4 weeks": pl.col("four_weeks"),
    }
    rows = rows.with_columns(covered=pl.col("gone").is_between(pl.col("lost_low").round(), pl.col("lost_high").round()))
    found = []
    for first, last in BUCKETS:
        bucket = rows.filter(pl.col("hours").is_between(first, last))
        found.append(
            bucket.select(
                profile=pl.lit(profile),
                hours=pl.lit(f"{first}–{last}"),
                days=pl.len(),
                demand=pl.col("truth").mean(),
                lost=pl.col("gone").mean(),
                **{f"bias, {name}": (total - pl.col("truth")).sum() / pl.col("truth").sum() for name, total in totals.items()},
                **{"bias of lost": (pl.col("lost") - pl.col("gone")).sum() / pl.col("gone").sum()},
                **{f"MAE, {name}": (total - pl.col("truth")).abs().mean() for name, total in totals.items()},
                **{"within 80%": pl.col("covered").mean()},
            )
        )
    return pl.concat(found)


def likeness(real: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Return, by hours out, share of days and sales over the series' in-stock mean, of real and made stock-outs."""
    found = []
    for name, rows in (("real", real), ("made", made)):
        usual = pl.col("demand").mean().over("fc", "sku")
        by_hours = (
            rows.with_columns(usual=usual)
            .group_by("hours")
            .agg(days=pl.len(), sold=pl.col("demand_at_least").filter(pl.col("usual") > 0).sum() / pl.col("usual").sum())
        )
        found.append(
            by_hours.sort("hours").select(
                "hours", (pl.col("days") / pl.col("days").sum()).alias(f"{name} days"), pl.col("sold").alias(f"{name} sold")
            )
        )
    return found[0].join(found[1], on="hours", how="left", maintain_order="left")


def found_again(grid: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    """Return how well days out throughout are found when availability is hidden, and the seconds it took."""
    hidden = grid.with_columns(in_stock_share=pl.lit(1.0), demand="demand_at_least")
    no_stock = pl.DataFrame(schema={"date": pl.Date, "sku": pl.String, "fc": pl.String, "on_hand": pl.Float64})
    inferred, seconds = by_region(inferred_stockouts, hidden, no_stock)
    rows = grid.select("day", "hours", "demand_at_least").hstack(inferred.select("inferred")).filter(pl.col("day").is_in(REPORT))
    out, whole = (pl.col("hours") == OPENING_HOURS) & (pl.col("demand_at_least") == 0), pl.col("hours") == 0
    return rows.select(
        **{
            "days out throughout": out.sum(),
            "found": (out & pl.col("inferred")).sum(),
            "recall": (out & pl.col("inferred")).sum() / out.sum(),
            "precision": (out & pl.col("inferred")).sum() / pl.col("inferred").sum(),
            "false alarms per in-stock day": (whole & pl.col("inferred")).sum() / whole.sum(),
            "per in-stock day without sales": (whole & pl.col("inferred")).sum() / (whole & (pl.col("demand_at_least") == 0)).sum(),
        }
    ), seconds


def main() -> int:
    """Run the check and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=DATA / "fresh_daily" / "daily.parquet")
    parser.add_argument("--series", type=int, help="this many series instead of all")
    options = parser.parse_args()
    if not options.source.is_file():
        print(f"check_lost_demand: skipped: no file at {options.source}")
        return 0
    grid = daily(options.source, options.series)
    estimate, seconds = by_region(lost_demand, grid)
    lost, sold = float(estimate["lost"].to_numpy().sum()), float(grid["demand_at_least"].to_numpy().sum())
    print(f"lost_demand: {grid.height:,} rows in {seconds:.1f} s; lost {lost / sold:.1%} of sales")
    steady = known_demand(grid)
    print(f"\nLost demand where it is known: {steady['real'].sum():,} days of {steady.height:,}")
    tables = []
    for name, profile in PROFILES.items():
        made = censored(steady, profile)
        made = pl.concat([made, by_region(lost_demand, made)[0], simple_rules(made)], how="horizontal")
        tables.append(scores(made, name))
        if name == "two peaks":
            like = likeness(grid, made)
    table(pl.concat(tables))
    print("\nReal and made stock-outs by hours out: share of days, sales over the in-stock mean of the series")
    table(like)
    again, seconds = found_again(grid)
    print(f"\nStock-outs found from sales alone, in {seconds:.1f} s")
    table(again)
    return 0


if __name__ == "__main__":
    sys.exit(main())
