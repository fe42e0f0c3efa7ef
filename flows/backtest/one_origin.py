"""One origin: train on what was known then, forecast, and judge; every region's part can be taken up where it was left."""

from typing import Any

import polars as pl

from data.published import RunPaths
from data.results_folder import ResultsFolder
from flows.backtest.judge import judge_region
from flows.past import training
from flows.past.past_night import PastNight
from flows.past.training import largest_first, on_its_own, train_past, without
from flows.past.workers import Workers

TASKS_PER_REGION, TASKS_BESIDE = training.TASKS_PER_REGION + 1, training.TASKS_BESIDE


def backtest_origin(night: PastNight, folder: ResultsFolder, workers: Workers, earlier: list[RunPaths]) -> None:
    """Train, forecast and judge from one origin, and keep what came of it in the folder.

    A region that fails is left out of the rest and named in what is kept.
    """
    failed = train_past(night, workers)
    regions = largest_first(night)
    there = [region for region in regions if region not in failed]
    failed |= workers.each("judge", without(night, "tallies", there), judge_region, on_its_own(night, workers), earlier)
    judged = sorted(region for region in regions if night.workspace.has("tallies", region))
    frames = {name: pl.concat([night.workspace.read(name, region) for region in judged]) for name in ("tallies", "forecasts") if judged}
    folder.write_part(night.as_of, frames, _document(night, judged, failed))


def _document(night: PastNight, judged: list[str], failed: dict[str, str]) -> dict[str, Any]:
    notes = [night.workspace.noted(name, region) for region in night.regions() for name in ("time-train-own", "time-judge")]
    notes.append(night.workspace.noted("time-train-shared", None))
    return {
        "regions": judged,
        "failed": failed,
        "series": sum(night.workspace.noted("time-judge", region)["series"] for region in judged),
        "lightgbm": sum(note.get("lightgbm", 0.0) for note in notes),
        "trained": night.models.document(None, night.model_id) is not None,
    }
