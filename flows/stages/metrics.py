"""Metrics: what the run measured of itself."""

from collections.abc import Iterable, Mapping

import polars as pl

from flows.stages.model_files import accuracy_of
from flows.stages.night import Night
from models.alert_list import alert_counts
from models.contracts import Metrics
from models.stability import stability

REGION_STAGES = ("sample", "train-own", "forecast", "recommend")
ALERT_COUNTS = ("open", "new", "listed", "snoozed", "unlisted", "unlisted_value", "cleared")
SHARED_STAGES = ("train-shared", "calibrate", "challenge")


def run_metrics(
    night: Night, regions: Iterable[str], frames: Mapping[str, pl.DataFrame], times: Mapping[str, float], moves: pl.DataFrame
) -> pl.DataFrame:
    """Return the run's metrics.

    accuracy, coverage and yardstick: measured on the held-back windows when the model was trained; challenge: models trained tonight
    beside those in use before, on the same days; realised: error and bias of the last complete window, as it had been forecast
    before it; count: rows of each published table, and alerts of each kind; stability: how far the
    forecasts moved from those of the run before; time: seconds of each stage over all regions, `lightgbm_seconds` being LightGBM's own
    part of them.

    Parameters
    ----------
    night
        The run.
    regions
        Regions that succeeded.
    frames
        Published tables by name.
    times
        Seconds of the stages that belong to no region.
    moves
        How tonight's forecasts moved from those of the run before, by `models.stability.forecast_moves`.
    """
    rows: list[tuple[str, str, str | None, float | None, str]] = [
        ("count", "rows", name, float(frame.height), "rows") for name, frame in frames.items()
    ]
    rows += [
        ("count", f"alerts_{name}", counted["kind"], float(counted[name]), "money" if name == "unlisted_value" else "alerts")
        for counted in alert_counts(frames["alerts"]).iter_rows(named=True)
        for name in ALERT_COUNTS
    ]
    rows += [("stability", name, region, round(value, 6), "share") for name, region, value in stability(moves)]
    rows += [("challenge", name, None, round(value, 6), "share") for name, value in night.workspace.noted("challenge", None).items()]
    for region, values in night.workspace.noted("realised", None).items():
        rows += [("realised", name, region, round(value, 6), "share") for name, value in zip(("wape", "bias"), values, strict=True)]
    notes = {stage: [night.workspace.noted(f"time-{stage}", region) for region in regions] for stage in REGION_STAGES}
    notes |= {stage: [night.workspace.noted(f"time-{stage}", None)] for stage in SHARED_STAGES}
    seconds = {stage: sum(note.get("seconds", 0.0) for note in kept) for stage, kept in notes.items()}
    inside = {stage: sum(note.get("lightgbm", 0.0) for note in kept) for stage, kept in notes.items()}
    seconds = {
        **times,
        **{stage: value for stage, value in seconds.items() if any(notes[stage])},
    }
    for stage, value in seconds.items():
        rows.append(("time", "stage_seconds", stage, round(value, 3), "seconds"))
        if stage in inside:
            rows.append(("time", "lightgbm_seconds", stage, round(inside[stage], 3), "seconds"))
    rows.append(("time", "stage_seconds", None, round(sum(seconds.values()), 3), "seconds"))
    rows.append(("time", "lightgbm_seconds", None, round(sum(inside.values()), 3), "seconds"))
    own = pl.DataFrame(rows, schema=Metrics.create_empty().schema, orient="row")
    accuracy = accuracy_of(night)
    return Metrics.validate(own if accuracy is None else pl.concat([accuracy, own]))
