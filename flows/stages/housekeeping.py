"""Housekeeping after a run: files that no kept run needs are removed, models that none uses are forgotten."""

import logging
from collections import defaultdict
from datetime import date
from typing import Any

from data.known_outputs import known_outputs
from data.published import read_manifest, retire, retired, runs
from flows.stages.night import Night
from flows.stages.plan import too_old
from flows.stages.retention import named

log = logging.getLogger("fillrate")


def clean_up(night: Night, today: date) -> None:
    """Remove lake files and models that belong to no run younger than `lake.keep_runs_days`, in any output folder of the lake.

    Files that a killed writer left behind go as well. What is published is never touched; which runs can no longer be run again is noted
    there and in the log.
    """
    published = {run: read_manifest(run) for output in known_outputs(night.settings.lake.path) for run in runs(output)}
    kept = [manifest for manifest in published.values() if not too_old(manifest, night.settings, today)]
    versions: dict[str, set[int]] = defaultdict(set)
    for manifest in kept:
        for read in _read(manifest):
            for table, version in read.items():
                versions[table].add(version)
    lost = {
        run.run_id: str(manifest["started_at"])[:10]
        for run, manifest in published.items()
        if any(version not in versions[table] for read in _read(manifest) for table, version in read.items())
    }
    _note(lost, night, today)
    night.lake.vacuum(versions)
    used = {str(manifest["model_id"]) for manifest in kept} | {night.model_id}
    for model_id in night.models.model_ids():
        if model_id not in used:
            night.models.remove(model_id)


def _read(manifest: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the versions that a run read, and those that its model was trained on."""
    return manifest.get("lake_versions", {}), (manifest.get("model_trained_on") or {}).get("lake_versions", {})


def _note(lost: dict[str, str], night: Night, today: date) -> None:
    """Note in the lake which runs' inputs are about to be removed, id → the day each was made, and say it once."""
    lake, because, said = night.settings.lake, f"lake.keep_runs_days = {night.settings.lake.keep_runs_days}", []
    for run_id, made in sorted(lost.items()):
        if retired(lake.path, run_id) is None:
            retire(lake.path, run_id, "inputs_gone", on=today, made=made, because=because)
            said.append(run_id)
    if said:
        log.warning("cannot be run again from now on, being older than %s days: %s", because, named(said))
