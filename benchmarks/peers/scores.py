"""Errors of forecasts and costs of order-up-to levels, on the same days of the same series for every side."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from models.evaluation.losses import pinball

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
TO_SD = 2 * 1.2815515655446004
"""Standard deviations of a normal distribution between its p10 and its p90."""

LEAST_SD = 0.01
"""Units a day: the textbook rule refuses a standard deviation of 0, and a mean of 0."""


@dataclass(frozen=True)
class Terms:
    """Terms of every item. lead_time, review: days; holding, shortage: money per unit and day. Unmet demand waits."""

    lead_time: int = 3
    review: int = 1
    holding: float = 0.02
    shortage: float = 1.0

    @property
    def interval(self) -> int:
        """Days that an order must carry."""
        return self.lead_time + self.review


def errors(forecast: pl.DataFrame, actual: pl.DataFrame) -> dict[str, float]:
    """Return rows, WAPE and bias of the point forecast, and pinball loss in units a row: of each quantile and their mean.

    Parameters
    ----------
    forecast
        unique_id, date, mean, p10, p50, p90.
    actual
        unique_id, date, units of the rows judged.

    Raises
    ------
    ValueError
        If a judged row has no forecast.
    """
    joined = actual.join(forecast, on=["unique_id", "date"], how="left").sort("unique_id", "date")
    if missing := joined.select(pl.any_horizontal(pl.col("mean", *QUANTILES).is_null()).sum()).item():
        raise ValueError(f"{missing} of {joined.height} judged rows have no forecast")
    units, mean = (joined[name].cast(pl.Float64).to_numpy() for name in ("units", "mean"))
    losses = pinball(units, joined.select(*QUANTILES).to_numpy(), list(QUANTILES.values())).mean(axis=0)
    found = {"wape": float(np.abs(units - mean).sum() / units.sum()), "bias": float((mean.sum() - units.sum()) / units.sum())}
    found |= {f"pinball_{name}": float(loss) for name, loss in zip(QUANTILES, losses, strict=True)}
    return {"rows": joined.height, **found, "pinball": float(losses.mean())}


def day_of_demand(forecast: pl.DataFrame, as_of: date, terms: Terms) -> pl.DataFrame:
    """Return what the textbook rule takes: unique_id, mean and sd of a day's demand over the interval, and the terms.

    The standard deviation is that of a normal distribution with the forecast's p10 and p90. The rule takes days for independent.
    """
    inside = forecast.filter(pl.col("date") <= as_of + timedelta(terms.interval))
    spread = (pl.col("p90") - pl.col("p10")) / TO_SD
    daily = inside.group_by("unique_id").agg(pl.col("mean").mean(), sd=(spread**2).mean().sqrt()).sort("unique_id")
    return daily.select(
        "unique_id",
        pl.col("mean", "sd").clip(LEAST_SD),
        lead_time=pl.lit(terms.lead_time),
        holding=pl.lit(terms.holding),
        shortage=pl.lit(terms.shortage),
    )


def interval_demand(actual: pl.DataFrame, as_of: date, terms: Terms) -> pl.DataFrame:
    """Return unique_id, units: demand over the interval of the series judged on all its days."""
    inside = actual.filter(pl.col("date") <= as_of + timedelta(terms.interval))
    summed = inside.group_by("unique_id").agg(pl.col("units").sum(), days=pl.len()).filter(pl.col("days") == terms.interval)
    return summed.drop("days").sort("unique_id")


def cost_of_levels(levels: pl.DataFrame, demand: pl.DataFrame, terms: Terms) -> dict[str, float]:
    """Return decisions and the mean cost of one: holding on what is left at the interval's end, shortage on what is then unmet.

    That is a day's cost of base-stock with backorders, where the level meets demand over lead time and review (Snyder and Shen 2019,
    section 4.3.4). Levels are rounded up to whole units. `cost_error` is the standard error of the mean over series.

    Parameters
    ----------
    levels
        unique_id, level.
    demand
        By `interval_demand`.
    terms
        Costs.

    Raises
    ------
    ValueError
        If a series has no level.
    """
    joined = demand.join(levels, on="unique_id", how="left").sort("unique_id")
    if missing := joined["level"].null_count():
        raise ValueError(f"{missing} of {joined.height} series have no order-up-to level")
    left = joined["level"].ceil().cast(pl.Float64).to_numpy() - joined["units"].cast(pl.Float64).to_numpy()
    cost = np.where(left >= 0, terms.holding * left, -terms.shortage * left)
    error = float(cost.std(ddof=1) / math.sqrt(len(cost))) if len(cost) > 1 else math.nan
    return {"decisions": len(cost), "cost": float(cost.mean()), "cost_error": error, "short": float((left < 0).mean())}


def ratios(sides: Mapping[str, Mapping[str, float]], orders: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Return fillrate's figures ÷ those of each peer; less is better in all of them.

    Parameters
    ----------
    sides
        What each forecaster took and missed, `fillrate` among them.
    orders
        Who ordered (`rule`) on whose forecast (`forecast`), how fast and at what cost. Of stockpyl's rows the one on fillrate's forecast
        counts, so that the rule alone differs.
    """
    own = sides["fillrate"]
    found = {
        peer: {name: own[name] / side[name] for name in ("seconds", "processor_seconds", "peak_gb", "wape", "pinball")}
        for peer, side in sides.items()
        if peer != "fillrate"
    }
    mine, textbook = (
        next(row for row in orders if (row["rule"], row["forecast"]) == (rule, "fillrate")) for rule in ("fillrate", "stockpyl")
    )
    slower = textbook["decisions_a_second"] / mine["decisions_a_second"]
    return {**found, "stockpyl": {"decision_seconds": slower, "cost": mine["cost"] / textbook["cost"]}}
