"""Scores of replayed methods: cost, service, stock, with the noise of each and of the ratio between two."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.replay.tally import SUMS

Floats = NDArray[np.float64]

DRAWS = 1_000
BUCKETS = 200
"""Groups of series that are drawn together: noise of means of thousands of series needs no more."""

MEASURES = (
    "total_cost",
    "holding_cost",
    "shortage_cost",
    "fill_rate",
    "cycle_service",
    "average_stock",
    "turns",
    "orders",
    "order_instability",
    "estimated_share",
)
"""Costs are money over all series and counted periods, the total with what order lines cost;
fill_rate, cycle_service and estimated_share are shares; average_stock is units
per series at the end of a period; turns are a year's sales ÷ average stock; orders are lines; order_instability is the mean difference
of an order from the one before ÷ the mean order."""


def parameter_costs(tallies: pl.DataFrame, rules: list[str]) -> pl.DataFrame:
    """Return method, parameter and total_cost over all windows, cheapest first.

    Parameters
    ----------
    tallies
        Rows of `Tally.frame`.
    rules
        Methods with a parameter.
    """
    return (
        tallies.filter(pl.col("method").is_in(rules))
        .group_by("method", "parameter")
        .agg((pl.col("holding") + pl.col("shortage") + pl.col("lines")).sort_by("window", "row").sum().alias("total_cost"))
        .sort("total_cost", "method", "parameter")
    )


def best_parameters(tallies: pl.DataFrame, rules: list[str]) -> pl.DataFrame:
    """Return the cheapest parameter of each rule over all windows, chosen in hindsight: method, parameter, total_cost, cheapest first."""
    return parameter_costs(tallies, rules).unique("method", keep="first", maintain_order=True)


def scores(tallies: pl.DataFrame, *, own: str, periods_per_year: float, seed: int) -> pl.DataFrame:
    """Return a row per window (null for all of them), method and measure: value, standard_error, and `own`'s value ÷ it with its error.

    Standard errors are those of a bootstrap over series, all periods and windows of a series together, the same draws for all methods.

    Parameters
    ----------
    tallies
        Rows of `Tally.frame`, one parameter per method.
    own
        The method that the others are compared with.
    periods_per_year
        365 for days, 52 and a bit for weeks.
    seed
        Of the bootstrap.
    """
    count = tallies["row"].n_unique()
    buckets = min(BUCKETS, count)
    weights = np.random.default_rng(seed).multinomial(buckets, np.full(buckets, 1 / buckets), DRAWS).astype(float)
    windows: list[str | None] = [None, *tallies["window"].unique().sort().to_list()]
    parts = []
    for window in windows:
        here = tallies if window is None else tallies.filter(window=window)
        sums = {str(name): _bucket_sums(part, buckets) for (name,), part in here.group_by("method", maintain_order=True)}
        parts += _scored(window, sums, weights, own, periods_per_year)
    parameter = tallies.select("method", "parameter").unique().sort("method")
    return pl.DataFrame(parts, orient="row", schema=_SCHEMA).join(parameter, on="method", how="left", maintain_order="left")


_SCHEMA = {
    "window": pl.String,
    "method": pl.String,
    "measure": pl.String,
    "value": pl.Float64,
    "standard_error": pl.Float64,
    "ratio": pl.Float64,
    "ratio_error": pl.Float64,
}


def _scored(
    window: str | None, sums: Mapping[str, Floats], weights: Floats, own: str, periods_per_year: float
) -> list[tuple[str | float | None, ...]]:
    rows: list[tuple[str | float | None, ...]] = []
    drawn = {method: measures_of(weights @ found, periods_per_year) for method, found in sums.items()}
    whole = {method: measures_of(found.sum(axis=0), periods_per_year) for method, found in sums.items()}
    for method in sums:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio, ratios = whole[own] / whole[method], drawn[own] / drawn[method]
        for place, measure in enumerate(MEASURES):
            numbers = (
                whole[method][place],
                _spread(drawn[method][:, place]),
                ratio[place] if method != own else np.nan,
                _spread(ratios[:, place]) if method != own else np.nan,
            )
            rows.append((window, method, measure, *(float(number) if np.isfinite(number) else None for number in numbers)))
    return rows


def measures_of(sums: Floats, periods_per_year: float) -> Floats:
    """Return MEASURES, shape (…, measures), from SUMS along the last axis; nan where there is nothing to tell them from."""
    named = {name: sums[..., place] for place, name in enumerate(SUMS)}
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.stack(
            [
                named["holding"] + named["shortage"] + named["lines"],
                named["holding"],
                named["shortage"],
                1 - named["unmet"] / named["demand"],
                named["served_cycles"] / named["cycles"],
                named["left"] / named["periods"],
                named["met"] / named["left"] * periods_per_year,
                named["orders"],
                named["moved"] / named["ordered"],
                named["estimated"] / named["demand"],
            ],
            axis=-1,
        )
    return found


def _bucket_sums(tallies: pl.DataFrame, buckets: int) -> Floats:
    """Return SUMS per group of series, shape (buckets, sums)."""
    found = np.zeros((buckets, len(SUMS)))
    np.add.at(found, tallies["row"].to_numpy() % buckets, tallies.select(SUMS).to_numpy())
    return found


def _spread(draws: Floats) -> float:
    told = draws[np.isfinite(draws)]
    return float(told.std(ddof=1)) if len(told) > DRAWS / 2 else np.nan
