"""What changed between two runs: order totals, and the rows whose order moved most."""

from dataclasses import dataclass

import numpy as np
import polars as pl

_KEY = ["fc", "sku"]
_COMPARED = ["order_units", "order_value", "action", "on_hand", "demand_mean", "expected_lost_margin"]


@dataclass(frozen=True)
class Comparison:
    """The difference from run A to run B, in units and money."""

    run_a: str | None
    run_b: str | None
    totals: pl.DataFrame
    """measure, a, b, change: rows, order_lines, order_units, order_value, expected_lost_units, expected_lost_margin."""
    changed: pl.DataFrame
    """One row per sku × fc whose order differs, most money first, then most units: region, fc, sku, name, presence (both, only_a,
    only_b), each compared number with suffix _a and _b, change_units, change_value, change_reason (as run B gives it)."""
    same: int
    """Rows in both runs with the same order."""


def compare_runs(recs_a: pl.DataFrame, recs_b: pl.DataFrame) -> Comparison:
    """Compare two runs' recommendations, `recs_b` being the later one.

    A row that one run lacks counts as no order there; an order that is unknown (stock unknown) differs from an order of nothing.
    """
    kept = ["region", "name", "change_reason", *_COMPARED]
    a, b = (recs.select(*_KEY, *kept, there=True) for recs in (recs_a, recs_b))
    both = a.join(b, on=_KEY, how="full", suffix="_b", coalesce=True).with_columns(pl.col("there", "there_b").fill_null(False))
    rows = both.select(
        pl.coalesce("region_b", "region").alias("region"),
        *_KEY,
        pl.coalesce("name_b", "name").alias("name"),
        presence=pl.when("there", "there_b").then(pl.lit("both")).when("there").then(pl.lit("only_a")).otherwise(pl.lit("only_b")),
        **{f"{name}_{side}": pl.col(source) for name in _COMPARED for side, source in (("a", name), ("b", f"{name}_b"))},
        change_units=pl.col("order_units_b").fill_null(0.0) - pl.col("order_units").fill_null(0.0),
        change_value=_change_of_value(),
        change_reason=pl.col("change_reason_b"),
    )
    same_order = pl.col("order_units_a").eq_missing(pl.col("order_units_b"))
    in_both = pl.col("presence") == "both"
    # a row that came or went without an order is news for nobody
    quiet = same_order | (~in_both & (pl.col("change_units") == 0))
    changed = rows.filter(~quiet).sort(
        pl.col("change_value").abs().fill_null(0.0), pl.col("change_units").abs(), *_KEY, descending=[True, True, False, False]
    )
    return Comparison(_run(recs_a), _run(recs_b), _totals(recs_a, recs_b), changed, rows.filter(in_both & same_order).height)


def _change_of_value() -> pl.Expr:
    """Money that an order moved; an order of nothing costs nothing, an order without a known cost is unknown."""

    def worth(units: str, value: str) -> pl.Expr:
        return pl.when(pl.col(units).fill_null(0.0) == 0).then(0.0).otherwise(pl.col(value))

    return worth("order_units_b", "order_value_b") - worth("order_units", "order_value")


def _totals(recs_a: pl.DataFrame, recs_b: pl.DataFrame) -> pl.DataFrame:
    measures = ["rows", "order_lines", "order_units", "order_value", "expected_lost_units", "expected_lost_margin"]
    columns = {side: [_measure(recs, measure) for measure in measures] for side, recs in (("a", recs_a), ("b", recs_b))}
    return pl.DataFrame({"measure": measures, **columns}).with_columns(change=pl.col("b") - pl.col("a"))


def _measure(recs: pl.DataFrame, measure: str) -> float:
    if measure == "rows":
        return float(recs.height)
    if measure == "order_lines":
        return float(recs.filter(pl.col("order_units") > 0).height)
    # sorted, then added by numpy in that order: the same digits every time
    return float(np.sum(recs.sort(_KEY)[measure].drop_nulls().to_numpy()))


def _run(recs: pl.DataFrame) -> str | None:
    return recs["run_id"][0] if recs.height else None
