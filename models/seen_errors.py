"""Empirical distribution of errors seen on in-stock periods, and draws from it above a lower bound."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SeenErrors:
    """values: ascending, shape (k,), k >= 1."""

    values: Floats

    def below(self, border: Floats) -> Floats:
        """Return ½[P(X < border) + P(X <= border)], which treats ties fairly."""
        below, up_to = self.shares(border)
        return (below + up_to) / 2.0

    def shares(self, border: Floats) -> tuple[Floats, Floats]:
        """Return P(X < border) and P(X <= border)."""
        below, up_to = (np.searchsorted(self.values, border, side) / len(self.values) for side in ("left", "right"))
        return below, up_to

    def quantile(self, level: Floats) -> Floats:
        """Return the quantiles of the distribution at the levels."""
        return np.quantile(self.values, level)

    def draw_above(self, bound: Floats, uniform: Floats) -> Floats:
        """Return values drawn from X given X >= bound, one per bound; the bound itself where nothing so large was seen.

        Periods out of stock in part tell that demand was at least what was sold. Drawing from all in-stock errors above that
        bound keeps these periods, which are the fast ones, in the distribution.
        """
        first = np.searchsorted(self.values, bound, "left")
        left = len(self.values) - first
        place = np.minimum(first + (uniform * left).astype(np.int64), len(self.values) - 1)
        return np.where(left > 0, self.values[place], bound)


def seen_errors(ratio: Floats, observed: NDArray[np.bool_]) -> SeenErrors:
    """Return the distribution of the observed ratios.

    Raises
    ------
    ValueError
        If nothing was observed.
    """
    if not observed.any():
        raise ValueError("no error was observed: a distribution cannot be told from lower bounds alone")
    return SeenErrors(np.sort(ratio[observed]))
