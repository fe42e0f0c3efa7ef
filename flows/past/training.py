"""The models of a past night, trained on what was known then; every region's part can be taken up where it was left."""

import logging

from flows.past.past_night import PastNight
from flows.past.workers import Failed, Workers
from flows.stages.train import finish_training, sample_region, share_of_rows, train_own, train_shared

log = logging.getLogger("fillrate")

TASKS_PER_REGION, TASKS_BESIDE = 2, 2


def train_past(night: PastNight, workers: Workers) -> Failed:
    """Train a past night's models; return what went wrong, by region. A region that fails is left out of the rest."""
    night.workspace.path.mkdir(parents=True, exist_ok=True)
    regions, alone = largest_first(night), on_its_own(night, workers)
    failed = workers.each("sample", without(night, "sample", regions), sample_region, alone)
    there = [region for region in regions if region not in failed]
    log.info("train-shared", extra={"task": f"train-shared {night.as_of}"})
    known = night.models.document(None, night.model_id)
    if known is not None or train_shared(night, sorted(there)):
        failed |= workers.each("train", without(night, "held-back", there), train_own, alone)
        there = [region for region in there if region not in failed]
        log.info("calibrate", extra={"task": f"calibrate {night.as_of}"})
        if known is None or not known["judged"]:
            finish_training(night, sorted(there))
    return failed


def largest_first(night: PastNight) -> list[str]:
    """Return the regions, so that no process is left with a large one at the end."""
    return sorted(night.regions(), key=lambda region: (-share_of_rows(night, region), region))


def on_its_own(night: PastNight, workers: Workers) -> PastNight:
    """Return the night as a region's task sees it: side by side, each has one core. The numbers do not depend on it."""
    return night.with_threads(1) if workers.side_by_side and len(night.regions()) > 1 else night


def without(night: PastNight, name: str, regions: list[str]) -> list[str]:
    """Return the regions of which a table was not kept yet."""
    return [region for region in regions if not night.workspace.has(name, region)]
