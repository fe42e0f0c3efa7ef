"""Company a series keeps: how its region, fulfilment centre, category and item have moved lately against their own level."""

import polars as pl

from data.windows import POINT, lag, ratio, running, seasonal_sum, window_sum
from features.groups.group import Expressions, FeatureGroup
from features.panel import Panel

COMPANY = ("region", "fc", "category", "subcategory", "sku")


def prepare(rows: pl.DataFrame, panel: Panel) -> pl.DataFrame:
    """Add, for each kind of company, its in-stock demand relative to the level its members were expected at.

    Expected is the level of each series as of the period before, over the series in stock: the ratio does not move
    merely because other series were in stock that day.
    """
    expected = lag(pl.col("level"), 1) * pl.col("observed") * POINT
    rows = rows.with_columns(expected=expected.fill_null(0).round().cast(pl.Int64), judged=pl.col("units") * (pl.col("pos") > 0))
    for company in COMPANY:
        rows = rows.join(_moves(rows, company, panel), on=[company, "date"], how="left", maintain_order="left", nulls_equal=True)
    return rows.drop("expected", "judged")


def _moves(rows: pl.DataFrame, company: str, panel: Panel) -> pl.DataFrame:
    """Return per member of one kind of company and date: demand ÷ expectation over trailing windows and past seasons."""
    cadence = panel.cadence
    daily = rows.group_by(company, "date").agg(pl.col("judged").sum(), pl.col("expected").sum()).sort(company, "date", nulls_last=True)
    # Dates of a company have gaps only where all its series had ended: there a window reaches further back, and no harm is done.
    # Series without a category are company to one another.
    begins = (pl.int_range(pl.len()) == 0) | pl.col(company).ne_missing(pl.col(company).shift(1))
    daily = daily.with_columns(begins=begins).with_columns(
        pos=(pl.int_range(pl.len()) - pl.when("begins").then(pl.int_range(pl.len())).forward_fill()).cast(pl.Int32)
    )
    daily = daily.with_columns(running(pl.col(column)).alias(f"total_{column}") for column in ("judged", "expected"))
    windows = (1, *cadence.windows[1:3])
    moves = {f"{company}_move_{w}": ratio(window_sum("total_judged", w), window_sum("total_expected", w)) for w in windows}
    cycles = cadence.cycles[min(1, len(cadence.cycles) - 1)]
    season = ratio(seasonal_sum("judged", cadence.season, cycles), seasonal_sum("expected", cadence.season, cycles))
    return daily.select(company, "date", **moves, **{f"{company}_season": season})


def at_origin(panel: Panel) -> Expressions:
    """Return the recent move of each kind of company."""
    windows = (1, *panel.cadence.windows[1:3])
    return {f"{company}_move_{window}": pl.col(f"{company}_move_{window}") for company in COMPANY for window in windows}


def aligned(panel: Panel) -> Expressions:
    """Return how each kind of company stood in the target's phase of the season."""
    return {f"{company}_season": pl.col(f"{company}_season") for company in COMPANY}


GROUP = FeatureGroup("aggregates", prepare=prepare, at_origin=at_origin, aligned=aligned)
