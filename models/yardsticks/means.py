"""Rules a person works out by hand: the last season again, a moving average, the mean of each weekday."""

import numpy as np

from models.yardsticks.history import Floats, History, ahead, by_season, completed, known_mean, recent_demand

WEEKS = 8
"""Weeks of days over which the mean of a weekday is taken."""


def seasonal_naive(history: History, horizon: int) -> Floats:
    """Return the last known value in each period's phase of the season (Hyndman and Athanasopoulos 2021, section 5.2)."""
    cycles = by_season(history.demand, history.season)
    last = np.full((len(cycles), history.season), np.nan)
    for number in range(cycles.shape[1]):
        last = np.where(np.isfinite(cycles[:, number]), cycles[:, number], last)
    return completed(ahead(last, horizon), history)


def moving_average(history: History, horizon: int) -> Floats:
    """Return the mean of the last 28 days or 13 weeks for every period ahead (Brown 1959)."""
    return np.repeat(recent_demand(history)[:, None], horizon, axis=1)


def weekday_mean(history: History, horizon: int) -> Floats:
    """Return the mean of the period's weekday over the last 8 weeks; of weeks, of the same week in all years before.

    It is the seasonal mean of classical decomposition without a trend (Hyndman and Athanasopoulos 2021, section 3.4).
    """
    cycles = WEEKS if history.frequency == "day" else None
    return completed(ahead(known_mean(by_season(history.demand, history.season, cycles)), horizon), history)


def half_weekday_half_recent(history: History, horizon: int) -> Floats:
    """Return the mean of `weekday_mean` and `moving_average`: equal weights are hard to beat (Bates and Granger 1969; Clemen 1989)."""
    return (weekday_mean(history, horizon) + moving_average(history, horizon)) / 2
