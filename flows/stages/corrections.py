"""Corrections of demand, as a run publishes them and tells of them."""

from datetime import timedelta

import dataframely as dy
import polars as pl

from data.cleaning.ledger import UNUSUAL, Corrections
from data.messages import PlanMessage
from flows.stages.night import Night

RECENT = {"day": 56, "week": 52}
"""Periods of lost demand that a run publishes: estimates of older ones are those of earlier runs, and far too many to repeat."""


def recent_corrections(night: Night, corrections: dy.DataFrame[Corrections]) -> pl.DataFrame:
    """Return the corrections to publish: all of them but for demand lost long ago."""
    return corrections.filter((pl.col("kind") != "lost_demand") | _recent(night))


def correction_messages(night: Night, region: str, corrections: dy.DataFrame[Corrections]) -> list[PlanMessage]:
    """Return one message where unusual orders of a region's recent periods were set aside without a planner's word on them."""
    found = corrections.filter(pl.col("kind").is_in(UNUSUAL), _recent(night), state="proposed").sort(
        pl.col("before") - pl.col("after"), descending=True, maintain_order=True
    )
    if found.is_empty():
        return []
    largest = found.row(0, named=True)
    orders = "1 unusual order was" if found.height == 1 else f"{found.height:,} unusual orders were"
    return [
        PlanMessage(
            code="unusual_orders",
            severity="info",
            table="sales",
            region=region,
            fc=largest["fc"],
            sku=largest["sku"],
            message=f"{orders} set aside in region {region}, the largest of sku {largest['sku']} at {largest['fc']} on {largest['date']}: "
            f"{largest['reason']}",
            fix="look at corrections.parquet; an order that will come again is taken back by an override of field exclude, value 0 and its "
            "date, and 1 says that it was rightly set aside",
        )
    ]


def _recent(night: Night) -> pl.Expr:
    return pl.col("date") > night.end - timedelta(days=RECENT[night.settings.frequency] * night.cadence.step_days)
