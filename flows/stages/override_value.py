"""The value of past decisions: what planners ordered instead of what was recommended, held against what happened since."""

from collections.abc import Sequence
from datetime import date, timedelta

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.demand import build_demand
from data.messages import PlanMessage
from data.published import PublishError, RunPaths, all_decisions, read_frame, read_manifest, runs
from flows.stages.night import Night
from models.order_terms import OrderTerms
from models.override_value import OverrideValue, Situation, judge
from models.replay.costed_demand import costed_demand
from models.replay.outcomes import outcomes

JUDGED_DAYS = 91
"""Days after the end of its window in which a decision is shown: what was decided longer ago is in the runs of then."""
REACH = {"day": 91, "week": 13}
"""Periods before one out of stock from which its demand is estimated."""
_KNOWN = [*("region", "lead_periods", "review_periods", "holding_cost", "shortage_cost", "whole_units", "opening_stock")]
Floats = NDArray[np.float64]


def override_value(night: Night) -> tuple[dy.DataFrame[OverrideValue], list[PlanMessage]]:
    """Return the value of every decision recorded for earlier runs, as known at the night's as_of, and what there is to say.

    Of several decisions about the same order the one recorded last counts. Nothing after as_of is looked at.
    """
    try:
        decisions = all_decisions(night.settings.output.path)
    except PublishError as error:
        message = PlanMessage("override_ledger_unreadable", str(error), "warning", fix="mend the file; until then no decision is judged")
        return OverrideValue.create_empty(), [message]
    past = decisions.filter(pl.col("order_date") <= night.as_of)
    if past.is_empty():
        return OverrideValue.create_empty(), []
    latest = past.sort("recorded", "run_id").unique(["fc", "sku", "order_date"], keep="last", maintain_order=True)
    published = {run.run_id: run for run in runs(night.settings.output.path)}
    found = _with_terms(latest, published, night)
    judged = found.filter(pl.col("state") == "judged")
    if not judged.is_empty():
        judged = pl.concat([judged, _judged(night, judged, list(published.values()))], how="horizontal")
    rows = pl.concat([found.filter(pl.col("state") != "judged"), judged], how="diagonal")
    return OverrideValue.validate(_rows(rows), cast=True), []


def _with_terms(decisions: pl.DataFrame, published: dict[str, RunPaths], night: Night) -> pl.DataFrame:
    """Return decisions with the terms of their rows, the days of their windows and their state; those long over are left out."""
    parts = []
    for (run_id,), part in decisions.group_by("run_id", maintain_order=True):
        run = published.get(str(run_id))
        known = run is not None and (run.path / "order_terms.parquet").is_file()
        terms = read_frame(run, "order_terms") if run is not None and known else OrderTerms.create_empty()
        parts.append(part.join(terms.select("fc", "sku", *_KNOWN, "arrival_periods", "arrival_units"), on=["fc", "sku"], how="left"))
    step, lead, review = night.cadence.step_days, pl.col("lead_periods"), pl.col("review_periods")
    state = (
        pl.when(lead.is_null())
        .then(pl.lit("run_removed"))
        .when(pl.col("opening_stock").is_null())
        .then(pl.lit("stock_unknown"))
        .when(pl.col("holding_cost").is_null() | pl.col("shortage_cost").is_null())
        .then(pl.lit("costs_unknown"))
        .when(pl.col("window_ends") > night.as_of)
        .then(pl.lit("waiting"))
        .otherwise(pl.lit("judged"))
    )
    return (
        pl.concat(parts)
        .with_columns(
            (pl.col("order_date") + pl.duration(days=lead * step)).alias("window_begins"),
            (pl.col("order_date") + pl.duration(days=(lead + review) * step - 1)).alias("window_ends"),
        )
        .with_columns(state.alias("state"))
        .filter(pl.coalesce("window_ends", "order_date") >= night.as_of - timedelta(days=JUDGED_DAYS))
        .sort("as_of", "run_id", "fc", "sku")
    )


def _judged(night: Night, decisions: pl.DataFrame, published: Sequence[RunPaths]) -> pl.DataFrame:
    """Return what `judge` says of decisions whose windows are over, row by row."""
    step, reach = night.cadence.step_days, REACH[night.settings.frequency]
    first: date = decisions["order_date"].to_list()[0]
    series = decisions.select("region", "fc", "sku").unique().sort("region", "fc", "sku")
    begins = first - timedelta(days=reach * step)
    periods = (night.end - begins).days // step + 1
    sold, in_stock = outcomes(_demand(night, series, begins), series, begins, periods, step)
    row = decisions.join(series.with_row_index("row"), on=["fc", "sku"], how="left", maintain_order="left")["row"].to_numpy()
    whole = np.zeros(series.height, dtype=bool)
    whole[row] = decisions["whole_units"].to_numpy()
    demand, unseen = costed_demand(sold, in_stock, reach=reach, whole=whole)

    lead, review = (decisions[name].to_numpy() for name in ("lead_periods", "review_periods"))
    length = int((lead + review).max())
    place = ((decisions["order_date"] - begins).dt.total_days() // step).to_numpy()
    columns = place[:, None] + np.arange(length)
    inside = columns < periods
    met = np.where(inside, demand[row[:, None], np.minimum(columns, periods - 1)], 0.0)
    estimated = np.where(inside & unseen[row[:, None], np.minimum(columns, periods - 1)], met, 0.0)
    situation = Situation(
        opening=decisions["opening_stock"].to_numpy(),
        arrivals=_arrivals(decisions, length),
        demand=met,
        lead=lead,
        review=review,
        holding=decisions["holding_cost"].to_numpy(),
        shortage=decisions["shortage_cost"].to_numpy(),
    )
    raw = _later_reviews(night, decisions, published)
    return judge(decisions, situation, estimated, raw, lost=night.settings.replenishment.unmet_demand == "lost")


def _demand(night: Night, series: pl.DataFrame, since: date) -> pl.DataFrame:
    """Return demand of the series (columns region, fc, sku) since a day, up to the night's as_of."""
    items, parts = night.table("items"), []
    for (region,), keys in series.group_by("region", maintain_order=True):
        sales, availability = (
            night.table(name, str(region), since=since, until=night.as_of).join(keys, on=["fc", "sku"], how="semi")
            for name in ("sales", "availability")
        )
        parts.append(build_demand(sales, availability, items, as_of=night.as_of, frequency=night.settings.frequency))
    return pl.concat(parts)


def _arrivals(decisions: pl.DataFrame, periods: int) -> Floats:
    """Return units of earlier orders arriving per period, shape (rows, periods)."""
    arrivals = np.zeros((decisions.height, periods))
    for row, (when, units) in enumerate(decisions.select("arrival_periods", "arrival_units").iter_rows()):
        for period, amount in zip(when, units, strict=True):
            if period < periods:
                arrivals[row, period] += amount
    return arrivals


def _later_reviews(night: Night, decisions: pl.DataFrame, published: Sequence[RunPaths]) -> Floats:
    """Return raw_units of the nightly runs at each decision's later reviews whose own window is over; nan where there is none."""
    step = night.cadence.step_days
    since: date = decisions["as_of"].to_list()[0]
    nights: dict[date, dict[tuple[str, str], float]] = {}
    keys = decisions.select("fc", "sku").unique()
    for run in published:  # newest first: of several of a day the last published counts
        if since < run.as_of < night.as_of and run.as_of not in nights and read_manifest(run).get("kind") == "nightly":
            rows = read_frame(run, "recommendations").select("fc", "sku", "raw_units").join(keys, on=["fc", "sku"], how="semi")
            nights[run.as_of] = {(fc, sku): raw for fc, sku, raw in rows.iter_rows() if raw is not None}
    found: list[list[float]] = []
    for fc, sku, as_of, ends, review in decisions.select("fc", "sku", "as_of", "window_ends", "review_periods").iter_rows():
        days = review * step
        over = range(1, (night.as_of - ends).days // days + 1)
        found.append([nights.get(as_of + timedelta(days=days * k), {}).get((fc, sku), np.nan) for k in over])
    raw = np.full((len(found), max(map(len, found), default=0)), np.nan)
    for row, values in enumerate(found):
        raw[row, : len(values)] = values
    return raw


def _rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of the contract, newest decisions first; what was not judged is null."""
    schema = OverrideValue.create_empty().schema
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in schema.items() if name not in rows.columns]
    return rows.with_columns(missing).select(schema.names()).sort("as_of", "run_id", "fc", "sku", descending=[True, True, False, False])
