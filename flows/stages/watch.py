"""Watch: inputs and forecast errors of late against their own past, per region, said in the run's plan messages."""

import logging
from collections import defaultdict
from datetime import timedelta

import polars as pl

from data.input_drift import drift_messages, first_day, weekly_measures
from data.lake import LakeError
from data.messages import PlanMessage, messages_frame
from data.published import PublishError, RunPaths, read_frame, read_manifest, runs
from flows.stages.news import demand_since
from flows.stages.night import Night
from models.error_drift import WINDOW, error_messages, realised

log = logging.getLogger("fillrate")

PAST_DAYS = 91
"""Days back to which the errors of earlier nights are looked at."""


def watch(night: Night, regions: list[str]) -> None:
    """Add to the messages of the night where inputs or errors lie beyond what their past makes likely, and note the errors.

    A region whose history cannot be read is left out. A run again repeats what the run said, since it may find other runs beside it.
    """
    skus = night.table("items")["sku"].to_list()
    said: list[PlanMessage] = []
    readable = []
    for region in regions:
        since = first_day(night.as_of)
        try:
            sales, availability = (night.table(name, region, since=since, until=night.as_of) for name in ("sales", "availability"))
        except LakeError as error:
            # Its own tasks will fail of it, and be told; the other regions go on.
            log.debug("region %s cannot be watched: %s", region, error, extra={"region": region})
            continue
        readable.append(region)
        said += drift_messages(weekly_measures(sales, availability, skus, night.as_of), region, night.as_of)
    said += _errors(night, readable)
    if said:
        night.workspace.write("messages", None, pl.concat([night.workspace.read("messages", None), messages_frame(said)]))


def _errors(night: Night, regions: list[str]) -> list[PlanMessage]:
    days = WINDOW[night.settings.frequency] * night.cadence.step_days
    begins = night.as_of - timedelta(days=days)
    earlier = _nights_before(night)
    # The newest that knew nothing of the window, and not much older than it.
    forecast_by = next((run for run in earlier if begins - timedelta(days=6) <= run.as_of <= begins), None)
    if forecast_by is None:
        return []
    demand = demand_since(night, begins, regions)
    forecasts = _frame(forecast_by, "forecasts")
    if forecasts is None or night.end not in forecasts["date"]:
        return []  # its horizon is shorter than the window
    found = realised(forecasts, demand).filter(pl.col("region").is_in(regions))
    night.workspace.note("realised", None, {row["region"]: [row["wape"], row["bias"]] for row in found.iter_rows(named=True)})
    past: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for metrics in (_frame(run, "metrics") for run in earlier):
        if metrics is not None:
            told = {(name, region): value for name, region, value in _realised_of(metrics).iter_rows()}
            for region in {region for _, region in told}:
                past[region].append((told["wape", region], told["bias", region]))
    window = f"the {days} days to {night.as_of}"
    return [
        message
        for row in found.iter_rows(named=True)
        for message in error_messages(row["region"], (row["wape"], row["bias"]), past[row["region"]], window)
    ]


def _realised_of(metrics: pl.DataFrame) -> pl.DataFrame:
    return metrics.filter(pl.col("group") == "realised").select("name", "segment", "value")


def _nights_before(night: Night) -> list[RunPaths]:
    """Return this config's nightly runs of earlier days, the newest of each day, newest first."""
    found: dict[object, RunPaths] = {}
    for run in runs(night.settings.output.path):
        if night.as_of - timedelta(days=PAST_DAYS) <= run.as_of < night.as_of and run.as_of not in found:
            manifest = read_manifest(run)
            if manifest.get("kind") == "nightly" and manifest.get("name") == night.settings.name:
                found[run.as_of] = run
    return list(found.values())


def _frame(run: RunPaths, name: str) -> pl.DataFrame | None:
    """Return a table of an earlier run, None where it cannot be read: tonight does not hang on it."""
    try:
        return read_frame(run, name)
    except PublishError:
        return None
