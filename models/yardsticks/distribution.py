"""The predictive distribution of a simple rule: its own errors on held-back windows, as the forecasters' are measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.samples import WINDOWS, held_back_periods
from models.predictive import ErrorLibrary, HeldBack, build_library, fallback_library
from models.yardsticks.history import Floats, History, known_mean, over, recent_demand, usual_demand
from models.yardsticks.pooled_index import first_known
from models.yardsticks.registry import METHODS

FLOOR = 0.1
"""Share of a series' recent demand below which no forecast is taken as a base of errors: of nothing, no ratio can be formed."""

FLOORS = {"seasonal_naive": 0.5}
"""The same for rules that repeat single observations. Ratios to a single slow day are so large that, brought to mean 1, all quantiles
came out too low: on simulated demand of 6 units a day (gamma-Poisson, variation 0.8) the pinball loss was 0.25 of demand with 0.1, 0.22
with 0.5."""

MOST_HELD_BACK = 20_000
"""Most series whose errors are kept, spread evenly over all: more make the distribution no finer."""


@dataclass(frozen=True)
class BaselineForecast:
    """A simple rule's forecast and its distribution.

    mean: the rule's own forecast, shape (series, horizon), units; base: what the errors of the library multiply, `mean` but for
    periods in which it is almost nothing, so `ForecastPaths(mean=base, segment=segment, library=library, …)`; segment: of each
    series, shape (series,); measured: whether the errors are measured ones, not assumed.
    """

    mean: Floats
    base: Floats
    library: ErrorLibrary
    segment: NDArray[np.int64]
    measured: bool


def baseline_forecast(
    name: str, history: History, at_least: Floats, horizon: int, *, generator: np.random.Generator, rows: NDArray[np.intp] | None = None
) -> BaselineForecast:
    """Return a rule's forecast with the distribution of its errors on the two windows before the origin.

    Parameters
    ----------
    name
        Of the rule, in `registry.METHODS`.
    history
        Of all series, right-aligned to the origin.
    at_least
        Units sold, a lower bound of demand where that is unknown, shape as history; nan or anything before a series began.
    horizon
        Periods ahead.
    generator
        Draws what lower bounds leave open, as in `models.predictive.build_library`.
    rows
        Series to forecast, as if there were no others; all by default. Rules in `registry.ONE_BY_ONE` want a sample.

    Raises
    ------
    KeyError
        If there is no such rule.
    ValueError
        If at_least has not the shape of the history.
    """
    if at_least.shape != history.demand.shape:
        raise ValueError(f"at_least has shape {at_least.shape}, the history {history.demand.shape}: they must be alike")
    if rows is not None:
        history, at_least = history.take(rows), at_least[rows]
    held_back = held_back_windows(name, history, at_least, horizon)
    measured = error_library([held_back] if held_back else [], generator)
    library = measured or fallback_library(horizon)
    mean = METHODS[name](history, horizon)
    base = base_of_errors(name, mean, history)
    return BaselineForecast(mean, base, library, library.segments.of(base.mean(axis=1), spread(history)), measured is not None)


def held_back_windows(name: str, history: History, at_least: Floats, horizon: int) -> HeldBack | None:
    """Return a rule's forecasts of the two windows before the origin, made from what was known before each, and the outcomes.

    Windows have the length of those that judge the forecasters (`features.samples.held_back_periods`); None where history is too
    short for any. Pooled indices are those of all series; at most `MOST_HELD_BACK` series are kept.
    """
    window = held_back_periods(history.periods - first_known(history.demand), horizon, history.season, history.frequency)
    if not window:
        return None
    windows = []
    for number in range(WINDOWS):
        back = window * (WINDOWS - number)
        past, columns = history.cut(back), slice(history.periods - back, history.periods - back + window)
        forecast = base_of_errors(name, METHODS[name](past, window), past)
        rows = _evenly(np.flatnonzero((forecast > 0).all(axis=1)), MOST_HELD_BACK)
        observed = np.isfinite(history.demand[rows, columns])
        sold = np.nan_to_num(at_least[rows, columns])
        windows.append(HeldBack(forecast[rows], sold, observed, spread(past)[rows], np.full(len(rows), number)))
    return joined(windows)


def error_library(held_back: Sequence[HeldBack], generator: np.random.Generator) -> ErrorLibrary | None:
    """Return the errors of held-back windows, of several regions for instance, by segment; None where there are none to tell from."""
    windows = joined(held_back)
    return build_library(windows, generator) if len(windows.window) else None


def joined(parts: Sequence[HeldBack]) -> HeldBack:
    """Return the blocks of all parts, which must have periods of the same length."""
    if not parts:
        return HeldBack(np.empty((0, 1)), np.empty((0, 1)), np.empty((0, 1), dtype=bool), np.empty(0), np.empty(0, dtype=np.int64))
    return HeldBack(
        mean=np.concatenate([part.mean for part in parts]),
        at_least=np.concatenate([part.at_least for part in parts]),
        observed=np.concatenate([part.observed for part in parts]),
        spread=np.concatenate([part.spread for part in parts]),
        window=np.concatenate([part.window for part in parts]),
    )


def base_of_errors(name: str, mean: Floats, history: History) -> Floats:
    """Return a rule's forecasts, none below a share of the series' recent demand; 0 only for what never sold. Shape as `mean`.

    Where nothing sold lately, the mean of all history counts as recent demand.
    """
    recent = recent_demand(history)
    level = np.where(recent > 0, recent, usual_demand(history))
    base: Floats = np.maximum(mean, FLOORS.get(name, FLOOR) * level[:, None])
    return base


def spread(history: History) -> Floats:
    """Return the standard deviation ÷ mean of known demand over the last 28 days or 13 weeks, nan where nothing sold, shape (series,)."""
    recent = history.demand[:, -history.cadence.level_window :]
    level = known_mean(recent)
    return over(np.sqrt(known_mean((recent - level[:, None]) ** 2)), np.nan_to_num(level))


def _evenly(rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    return rows if len(rows) <= most else rows[np.arange(most) * len(rows) // most]
