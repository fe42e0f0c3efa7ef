"""One pass over sample paths: quantiles and CRPS of every period, and of demand summed over each series' protection interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.demand_paths import ForecastPaths
from models.evaluation.losses import crps_of_sorted
from models.path_quantiles import BLOCK, ranks_of
from models.predictive import LEVELS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Prediction:
    """A forecast as it is judged, in units; the quantiles are nan where nothing was forecast, the rest also where it cannot be told.

    mean, crps: shape (series, periods); quantiles: shape (series, periods, levels) at `models.predictive.LEVELS`; target: shape
    (series, periods), the quantile that orders aim at.
    """

    mean: Floats
    quantiles: Floats
    crps: Floats
    target: Floats


def judged_paths(
    mean: Floats, paths: ForecastPaths, demand: Floats, intervals: NDArray[np.int64], levels: Floats
) -> tuple[Prediction, Prediction]:
    """Return the prediction of every period, and of the sum over each series' interval as if it were one period.

    Parameters
    ----------
    mean
        The method's own mean, shape (series, horizon), units.
    paths
        Of the same series.
    demand
        What happened, shape (series, horizon), units, nan where unknown: CRPS is told against it.
    intervals
        Periods summed, shape (series,), from 1 to the horizon.
    levels
        Level of the target quantile of each series' sum, shape (series,).
    """
    count, horizon = mean.shape
    ranks = ranks_of(LEVELS, paths.paths)
    quantiles, crps = np.empty((count, horizon, len(LEVELS))), np.empty((count, horizon))
    sums, sum_crps, target = np.empty((count, 1, len(LEVELS))), np.empty((count, 1)), np.empty((count, 1))
    inside = np.arange(horizon) < intervals[:, None]
    total = np.where(inside, demand, 0.0).sum(axis=1)
    aims = ranks_of(levels, paths.paths)
    for begin in range(0, count, BLOCK):
        rows = np.arange(begin, min(begin + BLOCK, count))
        sampled = paths.sample(rows, horizon)
        summed = np.matmul(sampled, inside[rows, :, None].astype(np.float32))[:, :, 0]
        summed.sort(axis=1)
        sums[rows, 0], sum_crps[rows, 0] = summed[:, ranks], crps_of_sorted(total[rows], summed)
        target[rows, 0] = np.take_along_axis(summed, aims[rows, None], axis=1)[:, 0]
        by_period = np.ascontiguousarray(sampled.swapaxes(1, 2))
        by_period.sort(axis=2)
        quantiles[rows], crps[rows] = by_period[:, :, ranks], crps_of_sorted(demand[rows], by_period)
    mean_of_sum = np.where(inside, mean, 0.0).sum(axis=1)[:, None]
    period = Prediction(mean, quantiles, crps, np.full_like(mean, np.nan))
    return period, Prediction(mean_of_sum, sums, sum_crps, target)
