"""Which stretches of the past a replay plays."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from data.errors import InputError
from features.cadence import cadence_of
from flows.settings import ConfigError, Settings
from flows.stages.plan import last_known_day

PERIODS = {"day": 56, "week": 52}
RUN_IN = {"day": 28, "week": 16}
LEAST_HISTORY = {"day": 28, "week": 13}
"""Periods of sales that must lie before the run-in: its rule looks back on them."""


@dataclass(frozen=True)
class ReplayWindow:
    """One stretch. start: last known day before its first order; run_in, periods, not_counted: in periods of `step_days`."""

    start: date
    periods: int
    run_in: int
    not_counted: int
    step_days: int

    @property
    def label(self) -> str:
        """Return the day of its first order, which names it."""
        return f"{self.start + timedelta(days=1)}"

    @property
    def begins(self) -> date:
        """First day of the run-in."""
        return self.start + timedelta(days=1 - self.run_in * self.step_days)

    @property
    def ends(self) -> date:
        """Last day played."""
        return self.start + timedelta(days=self.periods * self.step_days)

    def as_of(self, period: int) -> date:
        """Return the last known day of a night of the window, from 0; of the run-in where negative."""
        return self.start + timedelta(days=period * self.step_days)

    @property
    def counted(self) -> int:
        """Periods that count."""
        return self.periods - self.not_counted


def replay_windows(settings: Settings, daily: pl.DataFrame, *, usual_lead: int) -> list[ReplayWindow]:
    """Return the windows to play, oldest first.

    Parameters
    ----------
    settings
        Of the config.
    daily
        Totals of sales per day, as `Lake.daily_totals` gives them.
    usual_lead
        Lead time of most items, periods.

    Raises
    ------
    InputError
        If the lake holds no sales, or too few for the windows asked for.
    ConfigError
        If a window ends after the sales, or nothing of it would count.
    """
    if daily.is_empty():
        raise InputError(f"the lake at {settings.lake.path} holds no sales yet: run `fillrate ingest CONFIG` first")
    step, asked, frequency = cadence_of(settings.frequency).step_days, settings.replay, settings.frequency
    known, _ = last_known_day(daily, settings, None)
    first: date = daily["date"].to_list()[0]
    run_in = RUN_IN[frequency] if asked.run_in is None else asked.run_in
    not_counted = usual_lead if asked.not_counted is None else asked.not_counted
    # One period more: the first week may begin in the middle.
    room = ((known - first).days + 1) // step - run_in - LEAST_HISTORY[frequency] - 1
    if asked.starts is None:
        periods = asked.periods or min(PERIODS[frequency], room)
        starts = [known - timedelta(days=periods * step)]
    else:
        periods = asked.periods or 8
        starts = [last_known_day(daily, settings, start)[0] for start in sorted(set(asked.starts))]
    if periods <= not_counted and (asked.periods or room > not_counted):
        raise ConfigError(
            f"windows of {periods} {frequency}s of which the first {not_counted} are not counted leave nothing to judge: "
            "set replay.periods longer or replay.not_counted shorter"
        )
    windows = [ReplayWindow(start, periods, run_in, not_counted, step) for start in starts]
    for window in windows:
        if window.ends > known:
            raise ConfigError(
                f"replay.starts has {window.start}, but sales are known up to {known}: the {periods} {frequency}s after a start must be "
                f"known, so the last start possible is {known - timedelta(days=periods * step)}"
            )
        if periods <= not_counted or (window.begins - first).days < LEAST_HISTORY[frequency] * step:
            needed = (run_in + LEAST_HISTORY[frequency]) * step
            raise InputError(
                f"sales from {first} to {known} are too few to play {max(periods, not_counted + 1)} {frequency}s from {window.start}: "
                f"{needed} days must lie before the first order; set replay.periods or replay.run_in shorter"
            )
    return windows
