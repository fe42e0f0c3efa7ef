"""The difference of two runs' orders put down to its causes, row by row; the parts add up to the whole, to the last unit and cent."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from data.lake import LakeError
from data.lake.delta import UNREADABLE
from data.published import RunPaths, read_frame
from flows.conductor import settings_beside
from flows.difference.steps import CAUSES, KEY, Cause, orders_by_step
from flows.stages.night import Night
from flows.stages.plan import recorded_night

log = logging.getLogger("fillrate")

MILLI = 1_000
"""Orders are published in thousandths of a unit and hundredths of money: whole numbers of these add up exactly."""

MEASURES = ("units", "value")


@dataclass(frozen=True)
class Attribution:
    """Why orders changed, in units and money.

    rows: fc, sku, cause, units, value, one row per cause that changed an order; totals: cause, units, value, rows changed.
    """

    rows: pl.DataFrame
    totals: pl.DataFrame


class NotAttributable(Exception):
    """The runs cannot be decided again step by step; the message says why not."""


def attribute(run_a: RunPaths, run_b: RunPaths, manifest_a: dict[str, Any], manifest_b: dict[str, Any]) -> Attribution:
    """Return the change of every order from run A to run B by its causes.

    Nothing is written and no lock is taken.

    Raises
    ------
    NotAttributable
        If the runs come from different lakes or time steps, or what they read is no longer there.
    """
    try:
        a, b = _night(run_a, manifest_a), _night(run_b, manifest_b)
        _refuse_what_differs(a, b)
        regions = _regions(manifest_a) & _regions(manifest_b)
        log.info("deciding again", extra={"tasks_ahead": len(regions)})
        parts = []
        for region in sorted(regions):
            log.info("compare %s", region, extra={"task": f"compare {region}"})
            before, after = (_published(run, [region]) for run in (run_a, run_b))
            parts.append(_by_cause(before, after, orders_by_step(a, b, region)))
    except (LakeError, *UNREADABLE) as error:
        raise NotAttributable(f"the runs cannot be decided again: {error}") from error
    only_a, only_b = (_published(run, sorted(_regions(own) - regions)) for run, own in ((run_a, manifest_a), (run_b, manifest_b)))
    parts.append(_change(only_a, only_b, "regions"))
    rows = pl.concat(parts).sort("fc", "sku", "cause")
    totals = rows.group_by("cause").agg(pl.col("units", "value").sum(), rows=pl.len())
    order = pl.DataFrame({"cause": list(CAUSES)})
    totals = order.join(totals, on="cause", how="left", maintain_order="left").with_columns(pl.col("units", "value", "rows").fill_null(0))
    return Attribution(_in_units(rows), _in_units(totals))


def _night(run: RunPaths, manifest: dict[str, Any]) -> Night:
    if not manifest["row_counts"]["recommendations"]:
        raise NotAttributable(f"run {run.run_id} recommends nothing")
    night = recorded_night(settings_beside(run), manifest, run.run_id).model_copy(update={"previous": None})
    if night.train and manifest.get("model_trained_on"):
        raise NotAttributable(
            f"the models of run {run.run_id} ({night.model_id}) have been removed: `fillrate rerun {run.run_id}` trains them again"
        )
    return night


def _refuse_what_differs(a: Night, b: Night) -> None:
    if a.lake.root != b.lake.root:
        raise NotAttributable(f"the runs were made from different lakes, {a.lake.root} and {b.lake.root}")
    if a.settings.frequency != b.settings.frequency:
        raise NotAttributable(f"one run is by {a.settings.frequency}, the other by {b.settings.frequency}")


def _regions(manifest: dict[str, Any]) -> set[str]:
    return set(manifest["regions"]) - set(manifest["failed_regions"])


def _published(run: RunPaths, regions: list[str]) -> pl.DataFrame:
    rows = read_frame(run, "recommendations").filter(pl.col("region").is_in(regions))
    return rows.select(*KEY, "order_units", "order_value")


def _by_cause(before: pl.DataFrame, after: pl.DataFrame, steps: Iterable[tuple[Cause | None, pl.DataFrame]]) -> pl.DataFrame:
    """Return the changes of a region by cause; what the steps do not reproduce of what was published is left to the code."""
    parts, last = [], before
    for cause, orders in steps:
        parts.append(_change(last, orders, cause or "code"))
        last = orders
    parts.append(_change(last, after, "code"))
    both = pl.concat(parts).group_by(*KEY, "cause").agg(pl.col("units", "value").sum())
    return both.filter((pl.col("units") != 0) | (pl.col("value") != 0))


def _change(before: pl.DataFrame, after: pl.DataFrame, cause: Cause) -> pl.DataFrame:
    """Return what changed from one set of orders to another, in thousandths; no row and no known order are an order of nothing."""
    whole = [(pl.col(f"order_{name}").fill_null(0.0) * MILLI).round().cast(pl.Int64).alias(name) for name in MEASURES]
    a, b = before.select(*KEY, *whole), after.select(*KEY, *whole)
    both = a.join(b, on=KEY, how="full", suffix="_after", coalesce=True)
    moves = ((pl.col(f"{name}_after").fill_null(0) - pl.col(name).fill_null(0)).alias(name) for name in MEASURES)
    moved = both.select(*KEY, pl.lit(cause).alias("cause"), *moves)
    return moved.filter((pl.col("units") != 0) | (pl.col("value") != 0))


def _in_units(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(*MEASURES) / MILLI)
