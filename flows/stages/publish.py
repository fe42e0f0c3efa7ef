"""Publish: put the regions' tables together, raise alerts, write report and workbook, and make the run visible at once."""

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from data.cleaning.ledger import Corrections
from data.known_outputs import remember_output
from data.messages import PlanMessage, messages_frame
from data.published import RunFolder, RunPaths, find_run, publish, read_frame
from flows.report import headline_numbers
from flows.stages.marketplace import TABLE as MARKETPLACE
from flows.stages.marketplace import marketplace_of_night
from flows.stages.metrics import run_metrics
from flows.stages.model_files import trained_on
from flows.stages.news import news_since
from flows.stages.night import Night
from flows.stages.override_value import override_value
from flows.stages.report import currencies_of, report_data, report_messages, write_report
from flows.stages.snooze_ledger import known_to
from flows.version import VERSION
from flows.workbook import write_workbook
from models.alerts import raise_alerts
from models.contracts import Alerts, Forecasts, Recommendations
from models.explanations_contract import Explanations
from models.order_terms import OrderTerms
from models.outlook import StockOutlook
from models.recommending.inbound import LATE
from models.recommending.ranking import most_valuable_first
from models.snoozes import Snooze, in_force
from models.surplus import Surplus

log = logging.getLogger("fillrate")


def publish_night(
    night: Night, regions: list[str], failed: Mapping[str, str], started_at: datetime, times: Mapping[str, float]
) -> tuple[RunPaths, bool]:
    """Publish what the regions that succeeded left in the workspace.

    Parameters
    ----------
    night
        The run.
    regions
        All regions of the run.
    failed
        Region → error of those that could not be computed.
    started_at
        When the run began, in UTC.
    times
        Seconds of stages that kept no note of their own, by stage.

    Returns
    -------
    The published run, and whether `latest` names it now; a run without some of its regions never becomes the latest.
    """
    begun = time.perf_counter()
    log.info("publish %s", night.run_id)
    good = [region for region in regions if region not in failed]
    forecasts = _together(night, "forecasts", good, Forecasts.create_empty()).with_columns(
        run_id=pl.lit(night.run_id), as_of=pl.lit(night.as_of)
    )
    forecasts = Forecasts.validate(forecasts.select(Forecasts.column_names()), cast=True)
    explanations = _together(night, "explanations", good, Explanations.create_empty()).with_columns(run_id=pl.lit(night.run_id))
    explanations = Explanations.validate(explanations.select(Explanations.column_names()), cast=True)
    corrections = _together(night, "corrections", good, Corrections.create_empty())
    corrections = Corrections.validate(corrections.select(Corrections.column_names()), cast=True)
    recommendations = most_valuable_first(_together(night, "recommendations", good, Recommendations.create_empty()))
    terms = _together(night, "order-terms", good, OrderTerms.create_empty()).sort("fc", "sku")
    outlook = _together(night, "stock-outlook", good, StockOutlook.create_empty()).with_columns(run_id=pl.lit(night.run_id))
    outlook = StockOutlook.validate(outlook.select(StockOutlook.column_names()), cast=True)
    values, said = override_value(night)
    messages = pl.concat([_messages(night, good, failed), messages_frame(said)])
    previous = find_run(night.settings.output.path, night.previous) if night.previous else None
    news = news_since(night, previous, forecasts)
    alerts = raise_alerts(
        as_of=night.as_of,
        recommendations=recommendations,
        plan_messages=messages,
        previous_alerts=read_frame(previous, "alerts") if previous else None,
        settings=night.settings.replenishment,
        items=night.table("items"),
        news=news,
        surplus=Surplus.validate(_together(night, "surplus", good, Surplus.create_empty()).sort("region", "fc", "sku")),
        snoozes=in_force(Snooze.model_validate(snooze) for snooze in night.workspace.noted("snoozes", None)["known"]),
        snoozes_before=known_to(previous),
        late_lines=_together(night, "late-lines", good, pl.DataFrame(schema=LATE)),
    )
    frames = {
        "forecasts": forecasts,
        "explanations": explanations,
        "recommendations": recommendations,
        "order_terms": terms,
        "alerts": alerts,
        "corrections": corrections,
        "plan_messages": messages,
        "override_value": values,
        "stock_outlook": outlook,
    }
    if (advice := marketplace_of_night(night, good)).height:
        frames[MARKETPLACE] = advice
    metrics = run_metrics(night, good, frames, {**times, "gather": time.perf_counter() - begun}, news.moves)
    headline = headline_numbers(recommendations, alerts, metrics, currencies_of(night))
    manifest = _manifest(night, regions, failed, started_at, headline, frames)
    # Noted before there is anything to protect: a run must never be published without its inputs being kept.
    remember_output(night.settings.lake.path, night.settings.output.path)
    with RunFolder.begin(night.settings.output.path, night.run_id) as folder:
        folder.write_frame("forecasts", forecasts)
        folder.write_frame("explanations", explanations)
        folder.write_frame("recommendations", Recommendations.validate(recommendations), csv=True)
        folder.write_frame("order_terms", OrderTerms.validate(terms))
        folder.write_frame("alerts", Alerts.validate(alerts), csv=True)
        folder.write_frame("corrections", corrections)
        folder.write_frame("plan_messages", messages)
        folder.write_frame("override_value", values)
        folder.write_frame("stock_outlook", outlook)
        folder.write_frame("metrics", metrics)
        if advice.height:  # a run that no report was given for has no empty file to wonder about
            folder.write_frame(MARKETPLACE, advice)
        write_report(folder, report_data(night, {**frames, "metrics": metrics, MARKETPLACE: advice}, manifest, previous))
        summary = _summary(night, headline)
        write_workbook(
            folder.path / "report.xlsx",
            recommendations,
            alerts,
            messages,
            summary,
            night.run_id,
            terms=terms,
            overrides=values,
            marketplace=advice,
        )
        return publish(folder, manifest, may_become_latest=night.kind == "nightly")


def _together(night: Night, name: str, regions: list[str], empty: pl.DataFrame) -> pl.DataFrame:
    parts = [night.workspace.read(name, region) for region in regions if night.workspace.has(name, region)]
    return pl.concat(parts, how="diagonal_relaxed") if parts else empty


def _messages(night: Night, good: list[str], failed: Mapping[str, str]) -> pl.DataFrame:
    """Return everything there is to say: of planning, of the deliveries as recorded with the versions read, of regions."""
    extra = [
        PlanMessage(
            code="region_failed",
            severity="error",
            region=region,
            message=f"region {region} could not be computed: {error}",
            fix="the other regions are published; see the log of the run, mend the cause and run again",
        )
        for region, error in failed.items()
    ]
    if "stock" not in night.versions:
        extra.append(
            PlanMessage(
                code="no_stock",
                table="stock",
                message="there is no stock table: forecasts are published, orders and stock-out alerts are not",
                fix="deliver a stock table (docs/input-tables.md)",
            )
        )
    extra += report_messages()
    parts = [night.workspace.read("messages", None), messages_frame(night.lake.messages(night.versions)), messages_frame(extra)]
    for name in ("forecast-messages", "region-messages"):
        parts += [night.workspace.read(name, region) for region in good if night.workspace.has(name, region)]
    return pl.concat(parts)


def _manifest(
    night: Night,
    regions: list[str],
    failed: Mapping[str, str],
    started_at: datetime,
    headline: Mapping[str, Any],
    frames: Mapping[str, pl.DataFrame],
) -> dict[str, Any]:
    return {
        "run_id": night.run_id,
        "name": night.settings.name,
        "kind": night.kind,
        "as_of": night.as_of.isoformat(),
        "code_version": VERSION,
        "config": night.settings.model_dump(mode="json"),
        "lake_versions": night.versions,
        "currency": _currency(night),
        "seed": night.settings.seed,
        "model_id": night.model_id,
        "model_trained_on": trained_on(night),
        "trained": night.train,
        "previous_run_id": night.previous,
        "snoozes": night.workspace.noted("snoozes", None)["known"],
        "planning_messages": night.workspace.read("messages", None).to_dicts(),
        "regions": regions,
        "failed_regions": sorted(failed),
        "row_counts": {name: frame.height for name, frame in frames.items()},
        "headline": dict(headline),
        "started_at": started_at.isoformat(timespec="seconds"),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _currency(night: Night) -> str | None:
    currencies = night.table("locations")["currency"].drop_nulls().unique().to_list()
    return str(currencies[0]) if len(currencies) == 1 else None


def _summary(night: Night, headline: Mapping[str, float | None]) -> dict[str, Any]:
    facts = {"Run": night.settings.name, "As of": night.as_of, "Orders go out": night.as_of + timedelta(days=1)}
    return {**facts, "Currency": _currency(night), **headline}
