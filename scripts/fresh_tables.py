"""Turn FreshRetailNet-50K's daily table into fillrate's input tables: only what its publisher measured, nothing made.

A city is a region, a store a fulfilment centre. The ids are anonymous, so names and categories are made of them.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

OPENING_HOURS = 16
SALE_STEPS_PER_UNIT = 10
SOURCE_COLUMNS = (
    *("city_id", "store_id", "product_id", "first_category_id", "second_category_id", "dt", "sale_amount"),
    *("stockout_hours_24", "stockout_hours_6_22", "discount", "activity_flag", "precpt", "avg_temperature"),
)

HOLIDAYS = (
    ("Qingming", date(2024, 4, 4), 3),
    ("Labour Day", date(2024, 5, 1), 5),
    ("Dragon Boat", date(2024, 6, 8), 3),
    ("Mid-Autumn", date(2024, 9, 15), 3),
    ("National Day", date(2024, 10, 1), 7),
)
"""Public holidays of mainland China from the data's first day to the end of its year: name, first day off, days off."""

WORKING_WEEKENDS = (date(2024, 4, 7), date(2024, 4, 28), date(2024, 5, 11), date(2024, 9, 14), date(2024, 9, 29), date(2024, 10, 12))
"""Saturdays and Sundays worked in exchange for the holidays above."""


def read_source(path: Path) -> pl.LazyFrame:
    """Return the daily table with fillrate's keys: region, fc, sku, date.

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message says what the file is.
    ValueError
        If the file lacks a column of the daily table.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file at {path}: give the path of the daily table of FreshRetailNet-50K (arXiv 2505.16319) as Parquet")
    source = pl.scan_parquet(path)
    if missing := [column for column in SOURCE_COLUMNS if column not in source.collect_schema()]:
        raise ValueError(f"{path} has no column {', '.join(missing)}: expected the daily table of FreshRetailNet-50K")
    return source.select(SOURCE_COLUMNS).with_columns(
        date="dt",
        region=pl.format("c{}", "city_id"),
        fc=pl.format("s{}", "store_id"),
        sku=pl.format("p{}", pl.col("product_id").cast(pl.String).str.zfill(4)),
    )


def real_tables(source: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return sales, availability, plan, drivers, events, locations and items as the source has them, each sorted by its key."""
    source = source.sort("fc", "sku", "date")
    return {
        "sales": source.select("date", "sku", "fc", units=_units()),
        "availability": source.filter(pl.col("stockout_hours_6_22") > 0).select(
            "date", "sku", "fc", in_stock=(1 - pl.col("stockout_hours_6_22") / OPENING_HOURS)
        ),
        "plan": source.select(
            *("date", "sku", "fc"),
            # a ratio of 0 stands on a few goods all year long: no price was recorded
            price=pl.when(pl.col("discount") > 0).then("discount"),
            promo=pl.col("activity_flag").cast(pl.Float64),
        ),
        "drivers": _weather(source),
        "events": events(),
        "locations": source.select("fc", "region").unique().sort("fc").with_columns(currency=pl.lit("CNY")),
        "items": source.select(
            "sku",
            name=pl.format("Product {}", pl.col("sku").str.slice(1)),
            category=pl.format("category {}", "first_category_id"),
            subcategory=pl.format("category {}-{}", "first_category_id", "second_category_id"),
        )
        .unique()
        .sort("sku"),
    }


def events() -> pl.DataFrame:
    """Return public holidays and worked weekends, a row per day; ordinary weekends are no events."""
    days = [(first + timedelta(day), name, "holiday") for name, first, length in HOLIDAYS for day in range(length)]
    days += [(day, "worked weekend", "working day") for day in WORKING_WEEKENDS]
    return pl.DataFrame(days, schema=["date", "event", "kind"], orient="row").sort("date")


def last_day_out(source: pl.DataFrame, last: date) -> pl.DataFrame:
    """Return sku, fc and whether the item was out at the close of `last`: out by day and for two or more of the eight night hours."""
    night = pl.col("stockout_hours_24") - pl.col("stockout_hours_6_22")
    return source.filter(pl.col("date") == last).select("sku", "fc", out=(pl.col("stockout_hours_6_22") > 0) & (night >= 2))


def _units() -> pl.Expr:
    return (pl.col("sale_amount") * SALE_STEPS_PER_UNIT).round().cast(pl.Int64)


def _weather(source: pl.DataFrame) -> pl.DataFrame:
    """Return the mean over the region's stores per day, summed in thousandths so that it is the same on every run."""
    stores = source.select("region", "fc", "date", temperature="avg_temperature", rain="precpt").unique(
        ["region", "fc", "date"], keep="first"
    )
    return (
        stores.unpivot(["temperature", "rain"], index=["region", "date"], variable_name="name")
        .group_by("date", "name", "region")
        .agg(value=(pl.col("value") * 1000).round().cast(pl.Int64).sum() / pl.len())
        .with_columns(value=(pl.col("value") / 1000).round(2))
        .select("date", "name", "value", "region")
        .sort("name", "region", "date")
    )
