"""What a forecast costs where it missed: of a quantile, of a whole distribution, and the scale of a series' own movement."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pinball(outcome: Floats, quantiles: Floats, levels: Sequence[float] | Floats) -> Floats:
    """Return the pinball loss of each quantile, shape as `quantiles`, units (Koenker and Bassett 1978).

    Parameters
    ----------
    outcome
        Shape (…,), units.
    quantiles
        Shape (…, levels), units.
    levels
        Nominal levels, shape (levels,), or one per quantile.
    """
    missed = outcome[..., None] - quantiles
    share = np.asarray(levels, dtype=float)
    loss: Floats = np.maximum(share * missed, (share - 1) * missed)
    return loss


def covered(outcome: Floats, quantiles: Floats) -> Floats:
    """Return 1 where the outcome lies below a quantile, ½ where they are equal, else 0: shape as `quantiles`.

    Averaged it is ½[P(y < q) + P(y ≤ q)], the nominal level for a perfect forecast of small counts too; nan where either is unknown.
    """
    beside = outcome[..., None]
    inside = 0.5 * ((beside < quantiles).astype(float) + (beside <= quantiles))
    inside[np.isnan(beside) | np.isnan(quantiles)] = np.nan
    return inside


def crps_of_sorted(outcome: Floats, sample: NDArray[np.float32] | Floats) -> Floats:
    """Return the continuous ranked probability score of a sample as a forecast, units: E|X − y| − ½ E|X − X′|.

    The energy form of Gneiting and Raftery 2007, equation 21, with the second mean taken over all pairs of the sample.

    Parameters
    ----------
    outcome
        Shape (…,), units.
    sample
        Shape (…, paths), units, ascending along the last axis.
    """
    paths = sample.shape[-1]
    ranks = (2 * np.arange(1, paths + 1) - paths - 1) / paths**2
    distance = np.abs(sample - outcome[..., None].astype(sample.dtype)).mean(axis=-1, dtype=np.float64)
    score: Floats = distance - sample @ ranks.astype(sample.dtype)
    return score


def naive_scale(demand: Floats) -> Floats:
    """Return the root mean squared change from one known period to the next, shape (series,), units; nan where there is none or it is 0.

    The denominator of RMSSE (Makridakis, Spiliotis and Assimakopoulos 2022, M5).

    Parameters
    ----------
    demand
        Shape (series, periods), units, nan where unknown.
    """
    squares = np.diff(demand, axis=1) ** 2
    known = np.isfinite(squares)
    counts = known.sum(axis=1)
    mean = np.divide(np.where(known, squares, 0.0).sum(axis=1), counts, out=np.full(len(demand), np.nan), where=counts > 0)
    scale: Floats = np.sqrt(np.where(mean > 0, mean, np.nan))
    return scale
