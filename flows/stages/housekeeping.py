"""Housekeeping after a run: files that no kept run needs are removed, models that none uses are forgotten."""

from collections import defaultdict
from datetime import date

from data.known_outputs import known_outputs
from data.published import read_manifest, runs
from flows.stages.night import Night
from flows.stages.plan import too_old


def clean_up(night: Night, today: date) -> None:
    """Remove lake files and models that belong to no run younger than `lake.keep_runs_days`, in any output folder of the lake.

    Files that a killed writer left behind go as well. What is published is never touched.
    """
    published = [read_manifest(run) for output in known_outputs(night.settings.lake.path) for run in runs(output)]
    kept = [manifest for manifest in published if not too_old(manifest, night.settings, today)]
    versions: dict[str, set[int]] = defaultdict(set)
    for manifest in kept:
        for read in (manifest["lake_versions"], (manifest.get("model_trained_on") or {}).get("lake_versions", {})):
            for table, version in read.items():
                versions[table].add(version)
    night.lake.vacuum(versions)
    used = {str(manifest["model_id"]) for manifest in kept} | {night.model_id}
    for model_id in night.models.model_ids():
        if model_id not in used:
            night.models.remove(model_id)
