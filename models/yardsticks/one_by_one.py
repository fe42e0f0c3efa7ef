"""Exponential smoothing and theta by statsmodels, which takes milliseconds a series: tried on a fixed sample of them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.baselines import exponential_smoothing, per_series, theta
from models.lead_times import series_keys
from models.yardsticks.history import Floats, History, completed

STATSMODELS_SERIES = 200
"""Series of a data set on which statsmodels is tried."""


def sample_rows(skus: Sequence[str], fcs: Sequence[str], most: int = STATSMODELS_SERIES) -> NDArray[np.intp]:
    """Return the rows of `most` series, ascending: those whose hash of sku and fc is smallest, so the same ones every time."""
    order = np.argsort(series_keys(0, list(skus), list(fcs)), kind="stable")
    return np.sort(order[:most])


def statsmodels_smoothing(history: History, horizon: int) -> Floats:
    """Return simple exponential smoothing by statsmodels, its weight estimated (`models.baselines.exponential_smoothing`)."""
    return completed(per_series(exponential_smoothing, _begun(history), horizon), history)


def statsmodels_theta(history: History, horizon: int) -> Floats:
    """Return the theta forecast by statsmodels (`models.baselines.theta`; Assimakopoulos and Nikolopoulos 2000)."""
    season = history.season
    return completed(per_series(lambda values, periods: theta(values, season, periods), _begun(history), horizon), history)


def _begun(history: History) -> list[Floats]:
    """Return each series from its first known period on."""
    known = np.isfinite(history.demand)
    first = np.where(known.any(axis=1), known.argmax(axis=1), history.periods) if history.periods else np.zeros(len(known), dtype=int)
    return [values[begin:] for values, begin in zip(history.demand, first, strict=True)]
