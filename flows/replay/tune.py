"""Tuning: the same windows played with several weights of holding, and which of them orders had better be chosen by."""

import logging
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl

from data.storage import Place
from flows.past.workers import Workers, worker_count, workers
from flows.replay.conduct import Past, lay_out
from flows.replay.windows import ReplayWindow
from flows.settings import ConfigError, Settings
from models.replay.tuning import WEIGHTS, Played, taken_weights, tuning

log = logging.getLogger("fillrate")


@dataclass(frozen=True)
class Tuned:
    """What was found. path: its folder, where `tuning.parquet` is; found: see `models.replay.tuning.tuning`; again: computed before."""

    path: Place
    found: pl.DataFrame
    windows: list[str]
    again: bool

    @property
    def weights(self) -> dict[str, float]:
        """Weights other than 1 that are taken, by class."""
        return taken_weights(self.found)


def tune(settings: Settings, *, today: date) -> Tuned:
    """Play every window of `replay.starts` with each weight; all but the last choose, the last confirms.

    The config's own `replenishment.holding_weights` play no part. The same config, code and data are computed once; a tuning that was
    stopped goes on with the window it was in.

    Raises
    ------
    ConfigError
        If fewer than two windows are named, or they overlap: the last one would confirm what it was chosen on.
    InputError, LakeError, LakeLocked
        If the inputs or the lake cannot be used.
    """
    past, windows, _ = lay_out(settings, today=today, purpose="tuning")
    _disjoint(windows)
    folder, labels = past.folder, [window.label for window in windows]
    if folder.finished:
        return Tuned(folder.path, folder.read("tuning"), labels, again=True)
    folder.begin()
    ahead = [window for window in windows if not folder.has_part(window.start)]
    log.info("%s windows, %s weights", len(windows), len(WEIGHTS), extra={"tasks_ahead": sum(window.periods for window in ahead)})
    with workers(worker_count(settings.replay.workers, past.truth.series["region"].n_unique())) as side_by_side:
        for window in ahead:
            _play(past, window, side_by_side)
    found = tuning([_played(past, window) for window in windows])
    summary = {"name": settings.name, "windows": labels, "weights": taken_weights(found)}
    folder.finish({"tuning": found}, {}, summary)
    return Tuned(folder.path, found, labels, again=False)


def _disjoint(windows: list[ReplayWindow]) -> None:
    if len(windows) < 2:
        raise ConfigError(
            "tuning chooses on some windows of the past and confirms on another: name two or more last known days in replay.starts, "
            'such as --set \'replay.starts=["2024-01-28", "2024-04-21"]\''
        )
    for earlier, later in pairwise(windows):
        if later.start < earlier.ends:
            raise ConfigError(
                f"the windows from {earlier.label} and {later.label} overlap: tuning would confirm on what it was chosen on; "
                f"start the later one on {earlier.ends} at the earliest, or shorten them by replay.periods"
            )


def _play(past: Past, window: ReplayWindow, side_by_side: Workers) -> None:
    _, start, nights = past.begin(window, side_by_side)
    players, abc = nights.play_weights(start, WEIGHTS)
    costs = [player.tally.sums["holding"] + player.tally.sums["shortage"] + player.tally.sums["lines"] for player in players]
    names = [f"{weight:g}" for weight in WEIGHTS]
    frame = pl.DataFrame({"abc": abc} | dict(zip(names, costs, strict=True)))
    past.folder.write_part(window.start, {"costs": frame}, {"failed": nights.failed})


def _played(past: Past, window: ReplayWindow) -> Played:
    costs = past.folder.read_part("costs", window.start)
    # What earns nothing, or never was forecast, is of class C.
    return Played(window.label, costs.drop("abc").to_numpy().T, costs["abc"].fill_null("C").to_numpy().astype(np.str_))
