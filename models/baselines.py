"""Baselines: forecasts a person could make by hand, and statsmodels' exponential smoothing and theta.

They serve short series, and as the yardstick that the forecasters must beat.
"""

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.holtwinters import SimpleExpSmoothing

Floats = NDArray[np.float64]

SMOOTHING = 0.15
"""Weight of the newest observation where a series is too short to estimate it."""


def moving_average(history: Floats, periods: int, horizon: int) -> Floats:
    """Return the mean of the last known values, repeated; history has shape (n,) with nan where unknown."""
    known = history[-periods:]
    return np.full(horizon, np.nanmean(known) if np.isfinite(known).any() else np.nan)


def season_mean(history: Floats, season: int, cycles: int, horizon: int) -> Floats:
    """Return, per period ahead, the mean of the last `cycles` known values in its phase of the season; nan where there is none."""
    padded = np.concatenate([np.full(max(0, season * cycles - len(history)), np.nan), history[-season * cycles :]]).reshape(cycles, season)
    known = np.isfinite(padded)
    counts = known.sum(axis=0)
    means = np.divide(np.where(known, padded, 0).sum(axis=0), counts, out=np.full(season, np.nan), where=counts > 0)
    return np.resize(means, horizon)


def exponential_smoothing(history: Floats, horizon: int, *, estimate: bool = True) -> Floats:
    """Return simple exponential smoothing by statsmodels; the weight is estimated from 20 known values on if asked, else fixed."""
    known = history[np.isfinite(history)]
    if not len(known):
        return np.full(horizon, np.nan)
    # A perfect fit has a likelihood without bound, and statsmodels warns of it.
    if np.ptp(known) == 0:
        return np.full(horizon, known[0])
    model = SimpleExpSmoothing(known, initialization_method="known", initial_level=float(known[: max(3, len(known) // 4)].mean()))
    fit = model.fit() if estimate and len(known) >= 20 else model.fit(smoothing_level=SMOOTHING, optimized=False)
    forecast: Floats = np.maximum(np.asarray(fit.forecast(horizon), dtype=float), 0)
    return forecast


def theta(history: Floats, season: int, horizon: int) -> Floats:
    """Return the theta forecast by statsmodels (Assimakopoulos and Nikolopoulos 2000); unknown values are left out.

    Deseasonalised where three whole seasons are known without a gap; a series too short or constant gets exponential smoothing.
    """
    known = history[np.isfinite(history)]
    if len(known) < 8 or np.ptp(known) == 0:
        return exponential_smoothing(history, horizon)
    # Gaps shift the phase of what follows, so the season is only told from a history without them.
    seasonal = season > 1 and len(known) == len(history) and len(known) >= 3 * season
    fit = ThetaModel(known, period=season if seasonal else 1, deseasonalize=seasonal, method="additive").fit()
    forecast: Floats = np.maximum(np.asarray(fit.forecast(horizon), dtype=float), 0)
    return forecast


def per_series(method: Callable[[Floats, int], Floats], histories: list[Floats], horizon: int) -> Floats:
    """Return forecasts of many series, shape (series, horizon); a series whose estimation does not converge keeps its last estimate."""
    # A series that is fitted perfectly has an error of 0, of which statsmodels takes the logarithm for criteria nobody reads.
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.array([method(history, horizon) for history in histories]).reshape(len(histories), horizon)
