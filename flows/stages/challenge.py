"""Challenge: tonight's models take over only where they are not worse than those in use, on held-back days that neither has seen."""

import logging
import time
from datetime import date

import polars as pl

from data.messages import PlanMessage, messages_frame
from flows.stages.model_files import accept, judge_of, unseen_periods
from flows.stages.night import Night
from flows.stages.plan import trained_before
from flows.stages.train import grower
from models.challenge import Verdict, judged
from models.gateway import FeatureMismatch
from models.training import held_back_mean

log = logging.getLogger("fillrate")


def challenge(night: Night, regions: list[str]) -> Night:
    """Return the night with the models that it goes on with: tonight's, or the ones before where tonight's are worse beyond noise.

    Judges are compared with judges: both were made in the same way, and neither saw the days on which they are held against each other
    (docs/methods.md). Models before that cannot serve any more, or cannot be compared, stop nothing. Models that are refused
    are removed; a plan message says so, and since the others are due the next night trains again.

    Parameters
    ----------
    night
        The run, of which models were trained.
    regions
        Those that were trained.
    """
    chosen = _chosen(night, regions)
    if chosen.model_id == night.model_id:
        # Only now: a night killed before would hand models on that were held against none.
        accept(night)
    return chosen


def _chosen(night: Night, regions: list[str]) -> Night:
    begun = time.perf_counter()
    before = trained_before(night.settings, night.as_of, without=night.model_id)
    if not night.settings.forecast.challenge or before is None:
        return night
    trained, champion = before
    in_use = night.model_copy(update={"model_id": champion})
    verdict = _verdict(night, in_use, trained, regions)
    night.workspace.note("time-challenge", None, {"seconds": time.perf_counter() - begun, "lightgbm": 0.0})
    if verdict is None:
        return night
    measured = {name: getattr(verdict, name) for name in ("challenger_wape", "champion_wape", "challenger_bias", "champion_bias")}
    night.workspace.note("challenge", None, measured)
    log.info("challenge: error %.4f of tonight's models, %.4f of those of %s", verdict.challenger_wape, verdict.champion_wape, trained)
    if verdict.worse is None:
        return night
    message = _refused(night, verdict, trained)
    log.warning("%s", message.message)
    said = night.workspace.read("messages", None)
    night.workspace.write("messages", None, pl.concat([said, messages_frame([message])]))
    night.models.remove(night.model_id)
    return in_use.model_copy(update={"train": False})


def _verdict(night: Night, in_use: Night, trained: date, regions: list[str]) -> Verdict | None:
    """Return how tonight's judges compare with those of the models in use; None where they cannot be compared."""
    step, growing = night.cadence.step_days, grower(night)
    # What the champion's judge was trained on may reach into tonight's windows where they are longer than its own were.
    unseen = (night.as_of - trained).days // step + unseen_periods(in_use)
    parts = []
    for region in regions:
        judge = judge_of(in_use, region)
        if judge is None:
            return None
        held_back = night.workspace.read("sample", region).filter(pl.col("window") >= 0)
        tonight = night.workspace.read("held-back", region)["mean"]
        try:
            champion = held_back_mean(held_back, judge, growing)
        except FeatureMismatch as error:
            log.info("the models of %s cannot serve any more, tonight's take over: %s", trained, error)
            return None
        rows = held_back.select("series", "window", "target", "age").with_columns(
            region=pl.lit(region), challenger=tonight, champion=pl.Series(champion)
        )
        parts.append(rows.filter(pl.col("age") < unseen))
    return judged(pl.concat(parts), night.settings.seed)


def _refused(night: Night, verdict: Verdict, trained: date) -> PlanMessage:
    low, high = verdict.noise
    measure = "error" if verdict.worse == "error" else "distance of the bias from 0"
    return PlanMessage(
        code="challenger_refused",
        table="sales",
        message=f"the models trained on {night.as_of} are worse than those of {trained} on the same held-back days, beyond noise: error "
        f"(WAPE) {verdict.challenger_wape:.4f} against {verdict.champion_wape:.4f}, bias {verdict.challenger_bias:+.4f} against "
        f"{verdict.champion_bias:+.4f} (95% band of the difference in {measure}: {low:+.4f} to {high:+.4f}). The models of {trained} stay "
        "in use, with their errors and calibration",
        fix=f"look for what has changed in the sales of the past since {trained}: deliveries, availability, the fcs of a region. The next "
        "night trains and compares again; to use new models all the same run with --set forecast.challenge=false",
    )
