"""Retention: published runs older than `output.keep_runs_days` are removed, but none that is still needed."""

import logging
from datetime import date, timedelta
from typing import Any

import polars as pl

from data.published import PublishError, RunPaths, all_decisions, latest_run, read_frame, read_manifest, remove_run, retire, runs
from flows.settings import Settings

log = logging.getLogger("fillrate")

NAMED_RUNS = 5
"""Runs that a log line spells out before it only counts them."""


def remove_old_runs(settings: Settings, tonight: RunPaths, today: date) -> list[str]:
    """Remove this config's runs that were made more than `output.keep_runs_days` before `today`; return their ids, oldest first.

    Kept are tonight's run, the one that `latest` names, those that a younger run was compared with, since it is run again from them,
    and those with a planner's decision that is still to be judged.
    """
    days = settings.output.keep_runs_days
    if days is None:
        return []
    manifests = {run: read_manifest(run) for run in runs(settings.output.path)}
    ours = {run: manifest for run, manifest in manifests.items() if manifest.get("name") == settings.name}
    old = [run for run, manifest in ours.items() if today - _made(manifest) > timedelta(days=days) and run.run_id != tonight.run_id]
    try:
        needed = _needed(settings, tonight) | {manifest["previous_run_id"] for run, manifest in manifests.items() if run not in old}
    except PublishError as error:
        log.warning("no old run is removed: %s", error)
        return []
    removed = []
    for run in reversed(old):
        if run.run_id not in needed:
            # Noted first: a run that is gone must never be one that there never was.
            made, because = _made(manifests[run]).isoformat(), f"output.keep_runs_days = {days}"
            retire(settings.output.path, run.run_id, "removed", on=today, made=made, because=because)
            remove_run(run)
            removed.append(run.run_id)
    if removed:
        log.info("removed runs older than output.keep_runs_days = %s days: %s", days, named(removed))
    return removed


def named(run_ids: list[str]) -> str:
    """Return run ids for a sentence, the first of many."""
    more = f" and {len(run_ids) - NAMED_RUNS} more" if len(run_ids) > NAMED_RUNS else ""
    return ", ".join(run_ids[:NAMED_RUNS]) + more


def _made(manifest: dict[str, Any]) -> date:
    return date.fromisoformat(str(manifest["started_at"])[:10])


def _needed(settings: Settings, tonight: RunPaths) -> set[str]:
    latest = latest_run(settings.output.path)
    waiting = read_frame(tonight, "override_value").filter(state="waiting")["run_id"]
    ahead = all_decisions(settings.output.path).filter(pl.col("order_date") > tonight.as_of)["run_id"]
    return {*([latest.run_id] if latest else []), *waiting, *ahead}
