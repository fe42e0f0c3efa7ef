"""One origin: train on what was known then, forecast, and judge; every region's part can be taken up where it was left."""

import logging
from typing import Any

import polars as pl

from data.backtest_folder import BacktestFolder
from data.published import RunPaths
from flows.backtest.judge import judge_region
from flows.backtest.origin_night import OriginNight
from flows.backtest.workers import Workers
from flows.stages.train import finish_training, sample_region, share_of_rows, train_own, train_shared

log = logging.getLogger("fillrate")

TASKS_PER_REGION, TASKS_BESIDE = 3, 2


def backtest_origin(night: OriginNight, folder: BacktestFolder, workers: Workers, earlier: list[RunPaths]) -> None:
    """Train, forecast and judge from one origin, and keep what came of it in the folder.

    A region that fails is left out of the rest and named in what is kept.
    """
    night.workspace.path.mkdir(parents=True, exist_ok=True)
    regions = sorted(night.regions(), key=lambda region: (-share_of_rows(night, region), region))
    # Worked on side by side, each has one core: the numbers do not depend on it.
    alone = night.with_threads(1) if len(regions) > 1 and workers.side_by_side else night
    failed = workers.each("sample", _without(night, "sample", regions), sample_region, alone)
    there = [region for region in regions if region not in failed]
    log.info("train-shared", extra={"task": f"train-shared {night.as_of}"})
    known = night.models.document(None, night.model_id)
    if known is not None or train_shared(night, sorted(there)):
        failed |= workers.each("train", _without(night, "held-back", there), train_own, alone)
        there = [region for region in there if region not in failed]
        log.info("calibrate", extra={"task": f"calibrate {night.as_of}"})
        if known is None or not known["judged"]:
            finish_training(night, sorted(there))
    failed |= workers.each("judge", _without(night, "tallies", there), judge_region, alone, earlier)
    judged = sorted(region for region in regions if night.workspace.has("tallies", region))
    frames = {name: pl.concat([night.workspace.read(name, region) for region in judged]) for name in ("tallies", "forecasts") if judged}
    folder.write_origin(night.as_of, frames, _document(night, judged, failed))


def _without(night: OriginNight, name: str, regions: list[str]) -> list[str]:
    """Return the regions of which a table was not kept yet."""
    return [region for region in regions if not night.workspace.has(name, region)]


def _document(night: OriginNight, judged: list[str], failed: dict[str, str]) -> dict[str, Any]:
    notes = [night.workspace.noted(name, region) for region in night.regions() for name in ("time-train-own", "time-judge")]
    notes.append(night.workspace.noted("time-train-shared", None))
    return {
        "regions": judged,
        "failed": failed,
        "series": sum(night.workspace.noted("time-judge", region)["series"] for region in judged),
        "lightgbm": sum(note.get("lightgbm", 0.0) for note in notes),
        "trained": night.models.document(None, night.model_id) is not None,
    }
