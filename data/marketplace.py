"""What the marketplaces recommended as of a date: of each item the newest report that says how much to send."""

from datetime import date, timedelta

import dataframely as dy
import polars as pl

KEPT_DAYS = 30
"""Days after which a marketplace's recommendation is no longer shown: it speaks of stock that has been sold since."""


class MarketplaceAdvice(dy.Schema):
    """What a marketplace's own report recommended, beside the run's recommendations; a row per item that a report names."""

    run_id = dy.String(primary_key=True, description="run that shows it")
    as_of = dy.Date(description="last complete day that the run knew")
    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    report_date = dy.Date(description="day whose close the report shows")
    recommended_units = dy.Float64(nullable=True, min=0, description="units that the marketplace recommends to send")
    recommended_ship_date = dy.Date(nullable=True, description="day by which it recommends to send them")
    days_of_supply = dy.Float64(nullable=True, min=0, description="days its stock lasts, as it counts them")
    days_of_supply_with_inbound = dy.Float64(nullable=True, min=0, description="the same with units of open shipments")
    alert = dy.String(nullable=True, description="its alert, in its own words")
    recommended_action = dy.String(nullable=True, description="what it advises to do, in its own words")


def marketplace_advice(recommendations: pl.DataFrame, *, run_id: str, as_of: date) -> dy.DataFrame[MarketplaceAdvice]:
    """Return of each sku × fc the newest report that names a quantity, else the newest; sorted by fc and sku.

    Reports after `as_of`, and those `KEPT_DAYS` or more before it, are not looked at. A report without a quantity, as planning
    reports often are, does not hide the quantity that another named shortly before.

    Parameters
    ----------
    recommendations
        Table of the input contract `MarketplaceRecommendations`.
    run_id, as_of
        Of the run.
    """
    known = recommendations.filter(pl.col("date") <= as_of, pl.col("date") > as_of - timedelta(days=KEPT_DAYS))
    newest = known.sort("fc", "sku", pl.col("recommended_units").is_not_null(), "date").unique(
        ["fc", "sku"], keep="last", maintain_order=True
    )
    told = newest.with_columns(pl.lit(run_id).alias("run_id"), pl.lit(as_of).alias("as_of"), pl.col("date").alias("report_date"))
    return MarketplaceAdvice.validate(told.select(MarketplaceAdvice.column_names()).sort("fc", "sku"))
