"""The panel: history and known future of every series of a region, one row per series × period, no gaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from features.cadence import Cadence
from features.event_calendar import event_calendar


@dataclass(frozen=True)
class Panel:
    """Rows sorted by series and date; each series ends with `horizon` future periods.

    rows: columns series (0 …), pos (0 … within the series), fc, sku, category, subcategory, region, date, demand,
    demand_at_least, in_stock_share (null in the future), price, promo, ad_spend, event_before, event_after, event_kind, and
    one column `driver_<name>` per driver, known ahead or not.
    series: columns series, fc, sku, first (row of its first period), last (row of its last known period), on_sale_until (last day
    on sale where one is known), list_price (of the item, null where unknown).
    end: first day of the last known period; series that stopped earlier are no longer on sale.
    history: periods of sales known in all, of which the panel may show only the later part.
    """

    rows: pl.DataFrame
    series: pl.DataFrame
    end: date
    history: int
    cadence: Cadence
    horizon: int
    drivers_known_ahead: tuple[str, ...]
    drivers_unknown_ahead: tuple[str, ...]


def build_panel(
    demand: pl.DataFrame,
    *,
    items: pl.DataFrame,
    plan: pl.DataFrame,
    events: pl.DataFrame,
    drivers: pl.DataFrame,
    region: str,
    known_ahead: Sequence[str],
    end: date,
    cadence: Cadence,
    horizon: int,
    history: int | None = None,
) -> Panel:
    """Lay out the history of one region and the `horizon` periods after it, with all that is known of both.

    Parameters
    ----------
    demand
        Contract `Demand`: sorted by fc, sku, date, no gaps.
    items, plan, events, drivers
        Input tables; any of them may be empty. Of several plan rows for a period the narrowest wins: sku × fc, sku × region, sku.
    known_ahead
        Names of drivers whose values after the last known period may be used.
    end
        First day of the last known period.
    history
        Periods of sales known in all, up to `end`; by default those that `demand` shows.
    """
    series, rows = _grid(demand, cadence, horizon)
    of_item = items.select("sku", on_sale_until="discontinued_date", list_price="price")
    series = series.join(of_item, on="sku", how="left", maintain_order="left")
    rows = rows.join(items.select("sku", "category", "subcategory"), on="sku", how="left", maintain_order="left")
    rows = _with_plan(rows, plan, region, cadence)
    if history is None:
        first: date = demand["date"].sort().to_list()[0] if demand.height else end
        history = (end - first).days // cadence.step_days + 1
    begins = end - timedelta(days=(history - 1) * cadence.step_days)
    rows = _with_calendar_tables(rows, events, drivers, region=region, begins=begins, end=end, cadence=cadence)
    names = [column.removeprefix("driver_") for column in rows.columns if column.startswith("driver_")]
    return Panel(
        rows=rows.with_columns(region=pl.lit(region)),
        series=series,
        end=end,
        history=history,
        cadence=cadence,
        horizon=horizon,
        drivers_known_ahead=tuple(name for name in names if name in known_ahead),
        drivers_unknown_ahead=tuple(name for name in names if name not in known_ahead),
    )


def _grid(demand: pl.DataFrame, cadence: Cadence, horizon: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the series table and the demand rows with `horizon` empty periods behind each series."""
    starts = np.flatnonzero(
        (demand["fc"] != demand["fc"].shift(1)).fill_null(True) | (demand["sku"] != demand["sku"].shift(1)).fill_null(True)
    )
    lengths = np.diff(np.append(starts, demand.height))
    first = starts + horizon * np.arange(len(starts))
    series = (
        demand[starts]
        .select("fc", "sku")
        .with_columns(series=np.arange(len(starts), dtype=np.int32), first=first, last=first + lengths - 1)
    )
    number = np.repeat(np.arange(len(starts), dtype=np.int32), lengths + horizon)
    pos = np.arange(len(number)) - first[number]
    future = pos >= lengths[number]
    source = np.where(future, starts[number] + lengths[number] - 1, starts[number] + pos)
    ahead = pl.Series("ahead", np.where(future, pos - lengths[number] + 1, 0))
    rows = demand.select(pl.all().gather(source)).with_columns(
        pl.Series("series", number),
        pl.Series("pos", pos, dtype=pl.Int32),
        ahead,
    )
    rows = rows.with_columns(date=pl.col("date") + pl.duration(days=pl.col("ahead") * cadence.step_days))
    history_only = ("demand", "demand_at_least", "in_stock_share")
    rows = rows.with_columns(pl.when(pl.col("ahead") == 0).then(pl.col(column)).alias(column) for column in history_only).drop("ahead")
    return series.select("series", "fc", "sku", "first", "last"), rows


def _with_plan(rows: pl.DataFrame, plan: pl.DataFrame, region: str, cadence: Cadence) -> pl.DataFrame:
    values = ("price", "promo", "ad_spend")
    plan = plan.filter(pl.col("region").is_null() | (pl.col("region") == region))
    if cadence.frequency == "week":
        plan = (
            plan.with_columns(pl.col("date").dt.truncate("1w"))
            .sort("date", "sku", "fc", "region", *values)
            .group_by("date", "sku", "fc", "region", maintain_order=True)
            .agg(pl.col("price", "promo").mean(), pl.col("ad_spend").sum())
        )
    layers = [
        (["sku", "date"], plan.filter(pl.col("fc").is_null() & pl.col("region").is_null())),
        (["sku", "date"], plan.filter(pl.col("fc").is_null() & pl.col("region").is_not_null())),
        (["fc", "sku", "date"], plan.filter(pl.col("fc").is_not_null() & pl.col("region").is_null())),
        (["fc", "sku", "date"], plan.filter(pl.col("fc").is_not_null() & pl.col("region").is_not_null())),
    ]
    rows = rows.with_columns(pl.lit(None, dtype=pl.Float32).alias(value) for value in values)
    for key, layer in layers:
        if layer.is_empty():
            continue
        layer = layer.select(*key, *(pl.col(value).cast(pl.Float32).alias(f"{value}_planned") for value in values))
        rows = (
            rows.join(layer, on=key, how="left", maintain_order="left")
            .with_columns(pl.coalesce(f"{value}_planned", value).alias(value) for value in values)
            .drop(f"{value}_planned" for value in values)
        )
    return rows


def _with_calendar_tables(
    rows: pl.DataFrame, events: pl.DataFrame, drivers: pl.DataFrame, *, region: str, begins: date, end: date, cadence: Cadence
) -> pl.DataFrame:
    """Join what depends on the date alone: periods to and since the nearest event, and the drivers."""
    here = pl.col("region").is_null() | (pl.col("region") == region)
    calendar = event_calendar(rows["date"], events.filter(here), begins=begins, end=end, cadence=cadence)
    wide = _wide_drivers(drivers.filter(here), cadence)
    outside = [f"driver_{name}" for name in drivers["name"].unique().sort()]
    # A driver that says nothing of this region is unknown here, but the features are those of every region.
    wide = wide.with_columns(pl.lit(None, dtype=pl.Float32).alias(name) for name in outside if name not in wide.columns)
    calendar = calendar.join(wide.select("date", *outside), on="date", how="left", maintain_order="left").sort("date")
    # Where a driver is not known, its recent mean is the best guess: trees trained on known weather never met a gap.
    calendar = calendar.with_columns(
        pl.col(name).fill_null(pl.col(name).rolling_mean(cadence.reach, min_samples=1).forward_fill()) for name in outside
    )
    return rows.join(calendar, on="date", how="left", maintain_order="left")


def _period(column: str, cadence: Cadence) -> pl.Expr:
    return pl.col(column) if cadence.frequency == "day" else pl.col(column).dt.truncate("1w")


def _wide_drivers(drivers: pl.DataFrame, cadence: Cadence) -> pl.DataFrame:
    """Return one row per period and one Float32 column `driver_<name>` per driver; a regional value goes before one for everywhere."""
    per_day = drivers.sort("name", "date", "region", nulls_last=True).unique(["name", "date"], keep="first", maintain_order=True)
    per_period = (
        per_day.with_columns(_period("date", cadence), ("driver_" + pl.col("name")).alias("name"), pl.col("value").cast(pl.Float32))
        .group_by("name", "date", maintain_order=True)
        .agg(pl.col("value").mean())
    )
    return per_period.pivot(on="name", index="date", values="value", sort_columns=True).sort("date")
