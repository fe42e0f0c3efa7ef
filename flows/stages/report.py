"""What the report needs besides the published tables: history, earlier nights, currencies; and the writing of its pages."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from data.demand import Demand, build_demand
from data.messages import PlanMessage
from data.published import PublishError, RunFolder, RunPaths, find_run, read_frame, read_manifest
from flows.report import PAST_PERIODS, EarlierNight, Headline, ReportData, headline_of, missing_libraries, plain_page, render_pages
from flows.stages.night import Night
from models.recommending.reasons import DATA_FLAGS, REASONS

log = logging.getLogger("fillrate")

EARLIER_NIGHTS = 5
"""Runs before this one whose recommendations a row shows."""


def currencies_of(night: Night) -> dict[str, str]:
    """Return fc → currency code, of the fcs that have one."""
    locations = night.table("locations").filter(pl.col("currency").is_not_null())
    return dict(locations.select("fc", "currency").sort("fc").iter_rows())


def report_messages() -> list[PlanMessage]:
    """Return a message where the page's libraries are missing: the night is published all the same, with a plain page."""
    said = missing_libraries()
    if said is None:
        return []
    log.warning("%s; report.html is a plain page until then", said)
    return [
        PlanMessage(
            "report_plain",
            "the libraries of the interactive report are not installed, so report.html is a plain page; all tables are complete",
            severity="info",
            fix="run `make setup` in the checkout of fillrate on the machine that runs the night",
        )
    ]


def report_data(night: Night, frames: Mapping[str, pl.DataFrame], manifest: Mapping[str, Any], previous: RunPaths | None) -> ReportData:
    """Return what the report is made from; `frames` are the published tables by name, `previous` the run to compare with."""
    currencies = currencies_of(night)
    return ReportData(
        name=night.settings.name,
        run_id=night.run_id,
        as_of=night.as_of,
        frequency=night.settings.frequency,
        currencies=currencies,
        recommendations=frames["recommendations"],
        alerts=frames["alerts"],
        plan_messages=frames["plan_messages"],
        metrics=frames["metrics"],
        quarantine_counts=_quarantine_counts(night),
        forecasts=frames["forecasts"],
        explanations=frames["explanations"],
        outlook=frames["stock_outlook"],
        history=_history(night, frames["recommendations"].select("region", "fc", "sku")),
        previous=_headline(previous, currencies),
        earlier=_earlier(night),
        manifest=manifest,
        reasons=DATA_FLAGS | REASONS,
        decisions=frames["override_value"],
        marketplace=frames["marketplace_recommendations"],
    )


def write_report(folder: RunFolder, data: ReportData) -> None:
    """Write the report's pages into a run; a plain one where the page's libraries are missing."""
    pages = {"report.html": plain_page(data)} if missing_libraries() else render_pages(data)
    for name, page in pages.items():
        folder.write_text(name, page)


def _headline(run: RunPaths | None, currencies: Mapping[str, str]) -> Headline | None:
    if run is None:
        return None
    recommendations, alerts, metrics = (read_frame(run, name) for name in ("recommendations", "alerts", "metrics"))
    return headline_of(recommendations, alerts, metrics, currencies)


def _earlier(night: Night) -> list[EarlierNight]:
    """Return the runs before this one, each the one that the next was compared with; the row ends where one is gone."""
    nights: list[EarlierNight] = []
    run_id = night.previous
    while run_id and len(nights) < EARLIER_NIGHTS:
        try:
            run = find_run(night.settings.output.path, run_id)
        except PublishError:
            break
        recommendations = read_frame(run, "recommendations").select("fc", "sku", "order_units", "on_hand", "action")
        nights.append(EarlierNight(run.as_of, run.run_id, recommendations))
        run_id = read_manifest(run).get("previous_run_id")
    return nights


def _quarantine_counts(night: Night) -> pl.DataFrame:
    rows = night.lake.open_quarantine(night.versions)
    example = pl.format("{} line {}: {}", "source_file", pl.col("source_line").fill_null(0), pl.col("found").fill_null("").str.slice(0, 80))
    return (
        rows.sort("table", "source_file", "source_line")
        .group_by("table", "reason", maintain_order=True)
        .agg(rows=pl.len(), example=example.first())
        .sort("table", "rows", descending=[False, True])
    )


def _history(night: Night, shown: pl.DataFrame) -> pl.DataFrame:
    """Return the recent history of rows of the report (columns region, fc, sku)."""
    since = night.end - timedelta(days=PAST_PERIODS[night.settings.frequency] * night.cadence.step_days)
    items = night.table("items")
    parts = [pl.DataFrame(schema={"region": pl.String, **Demand.create_empty().schema})]
    for (region,), keys in shown.sort("region", "fc", "sku").group_by("region", maintain_order=True):
        sales, availability = (
            night.table(name, str(region), since=since, until=night.as_of).join(keys, on=["fc", "sku"], how="semi")
            for name in ("sales", "availability")
        )
        demand = build_demand(sales, availability, items, as_of=night.as_of, frequency=night.settings.frequency)
        parts.append(demand.select(pl.lit(region, dtype=pl.String).alias("region"), pl.all()))
    return pl.concat(parts).rename({"demand_at_least": "units"})
