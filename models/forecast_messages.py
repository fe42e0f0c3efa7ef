"""Plan messages of forecasting: which forecasts rest on little, and which known future ends before the horizon."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from data.messages import PlanMessage
from features.panel import Panel

PLANNED = ("price", "promo", "ad_spend")

DENSE = 0.5
"""Share of the periods of a level window with a plan from which a plan is one for every period, and its end is worth a warning."""


def forecast_messages(
    panel: Panel, series: pl.DataFrame, drivers: pl.DataFrame, *, region: str, known_ahead: Sequence[str]
) -> list[PlanMessage]:
    """Return what is to be said of a region's forecasts.

    Parameters
    ----------
    series
        The series forecast: columns fc, sku and known (in-stock periods), as in `models.forecasting.RegionForecast`.
    drivers
        The input table, all regions.
    known_ahead
        Drivers whose values after the last known period may be used.
    """
    return [*_without_history(series, region), *_plan_ends(panel, region), *_drivers_end(panel, drivers, region, known_ahead)]


def _without_history(series: pl.DataFrame, region: str) -> list[PlanMessage]:
    unknown = series.filter(pl.col("known") == 0).sort("fc", "sku")
    if unknown.is_empty():
        return []
    fc, sku = unknown.select("fc", "sku").row(0)
    alone = unknown.height == 1
    who = f"{unknown.height} of {series.height} items in {region} ({sku} at {fc} is one) have no period in which they were fully in stock"
    if unknown.height < series.height:
        code, severity, what = "forecast_from_like_items", "info", "they are forecast after like items, with a wide spread"
        fix = "give them a category and a price in items; where they have sold before, deliver those sales and their availability"
    else:
        code, severity, what = "nothing_to_learn_from", "warning", "nor has any other: the forecast is no more than what was sold"
        fix = "deliver sales of days in stock, and check that availability says 1, not 0, for a day in stock"
    return [PlanMessage(code, f"{who}: {what}", severity, "sales", region, fc if alone else None, sku if alone else None, fix)]


def _plan_ends(panel: Panel, region: str) -> list[PlanMessage]:
    planned = panel.rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in PLANNED))["date"].unique()
    if planned.is_empty():
        return []
    step = panel.cadence.step_days
    newest: date = planned.sort().to_list()[-1]
    last = panel.end + timedelta(days=step * panel.horizon)
    if newest >= last:
        return []
    since = panel.end - timedelta(days=step * (panel.cadence.level_window - 1))
    dense = int(planned.is_between(since, panel.end).sum()) >= DENSE * panel.cadence.level_window
    return [
        PlanMessage(
            code="plan_ends",
            severity="warning" if dense else "info",
            table="plan",
            region=region,
            message=f"the commercial plan of {region} ends on {newest}, the forecasts on {last}: what comes after is forecast without "
            "promotions and at the last planned price",
            fix="deliver the plan up to the end of the horizon, unless nothing more is planned",
        )
    ]


def _drivers_end(panel: Panel, drivers: pl.DataFrame, region: str, known_ahead: Sequence[str]) -> list[PlanMessage]:
    step = panel.cadence.step_days
    last_known = panel.end + timedelta(days=step - 1)
    ahead, behind = last_known + timedelta(days=step * panel.horizon), last_known - timedelta(days=step * panel.cadence.reach)
    here = drivers.filter(pl.col("region").is_null() | (pl.col("region") == region), pl.col("value").is_not_null())
    messages = []
    for name, stopped in here.group_by("name").agg(pl.col("date").max()).sort("name").iter_rows():
        if name in known_ahead and stopped < ahead:
            severity = "info" if stopped > last_known else "warning"
            said = f"driver {name} is known up to {stopped}, the forecasts end on {ahead}: from then on its recent mean stands in"
        elif name not in known_ahead and stopped < behind:
            severity, said = "warning", f"driver {name} stopped on {stopped}: the mean of its last days stands in ever since"
        else:
            continue
        fix = f"deliver newer values of {name}; if there are none any more, take it out of the drivers and train anew"
        messages.append(PlanMessage("driver_ends", said, severity, "drivers", region, fix=fix))
    return messages
