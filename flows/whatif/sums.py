"""Scenarios in sums: orders, money, what would be missing and what would be left; and the rows that would be ordered otherwise."""

import numpy as np
import polars as pl

from flows.whatif.scenarios import BASE

AS_BEFORE = "_if_ordered_as_before"
"""Ending of what would come of the run's own orders in a scenario."""

SUMMED = ("order_units", "order_value", "unmet", "shortage", "left", "holding")


def scenario_sums(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row per scenario, the run as it was first.

    Columns: scenario, order_lines, order_units, order_value, changed (rows ordered otherwise), unmet (units), shortage (money), left
    (units), holding (money), chance (mean over rows), and unmet_…, shortage_…, holding_…, chance_… of the run's own orders in the scenario.
    """
    names = rows["scenario"].unique(maintain_order=True).to_list()
    base = rows.filter(scenario=BASE).select("fc", "sku", base_units="order_units")
    told = []
    for name in names:
        own = rows.filter(scenario=name).join(base, on=["fc", "sku"], how="left").sort("fc", "sku")
        line: dict[str, object] = {"scenario": name, "order_lines": own.filter(pl.col("order_units") > 0).height}
        line["changed"] = own.filter(pl.col("order_units").ne_missing(pl.col("base_units"))).height
        for measure in (*SUMMED, *(f"{measure}{AS_BEFORE}" for measure in ("unmet", "shortage", "left", "holding"))):
            line[measure] = _total(own[measure])
        for measure in ("chance", f"chance{AS_BEFORE}"):
            line[measure] = own[measure].drop_nulls().mean()
        told.append(line)
    return pl.DataFrame(told)


def compared(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that a scenario orders otherwise, by scenario, most money first: what is ordered then and now, and the change."""
    base = rows.filter(scenario=BASE).select("fc", "sku", before_units="order_units", before_value="order_value")
    moved = rows.filter(pl.col("scenario") != BASE).with_row_index("place").join(base, on=["fc", "sku"], how="left")
    units, value = ((pl.col(f"order_{name}").fill_null(0) - pl.col(f"before_{name}").fill_null(0)) for name in ("units", "value"))
    order = rows.select(pl.col("scenario").unique(maintain_order=True)).with_row_index("number")
    return (
        moved.with_columns(change_units=units, change_value=value)
        .filter(pl.col("order_units").ne_missing(pl.col("before_units")))
        .join(order, on="scenario", how="left")
        .sort("number", pl.col("change_value").abs(), pl.col("change_units").abs(), "place", descending=[False, True, True, False])
        .select(
            "scenario",
            "region",
            "fc",
            "sku",
            "name",
            "before_units",
            "order_units",
            "change_units",
            "change_value",
            "unmet",
            f"unmet{AS_BEFORE}",
        )
    )


def _total(values: pl.Series) -> float | None:
    # numpy adds in a fixed order, so that the same question prints the same digits
    known = values.drop_nulls()
    return float(np.sum(known.to_numpy())) if known.len() else None
