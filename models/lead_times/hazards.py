"""How long lines take that may still be open or never come: a hazard per day, shrunk toward a prior.

The chance of coming on a day, given that a line has not come before, is told from the lines still waiting on that day: the
product-limit estimate (Kaplan and Meier 1958), for which an open line is a line seen not to have come so far. What the estimate leaves in
the end, its plateau, is the share that never comes (Maller and Zhou 1992, Biometrika 79(4)).

Groups with few lines lean on their parent. The prior counts as `weight` further lines that behave as the parent's do (Susarla and
Van Ryzin 1976, Journal of the American Statistical Association 71(356)): with no line of its own a group is its parent, with many
the product-limit estimate of its own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEIGHTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
"""Lines for which a parent may count."""


@dataclass(frozen=True)
class Waits:
    """Order lines by group and day, shape (groups, days): `came` on that day; `open`: last seen on that day, not come yet."""

    came: Ints
    open: Ints

    @property
    def waiting(self) -> Ints:
        """Lines that had not come before each day and were watched on it."""
        return np.cumsum((self.came + self.open)[:, ::-1], axis=1)[:, ::-1]


@dataclass(frozen=True)
class Shares:
    """Share of lines that come on each day, shape (groups, days), and that never come, shape (groups,); together 1."""

    on_day: Floats
    never: Floats

    def of(self, groups: Ints) -> "Shares":
        """Return the same for some groups."""
        return Shares(self.on_day[groups], self.never[groups])

    @property
    def left(self) -> Floats:
        """Share not come before each day."""
        later = np.cumsum(self.on_day[:, ::-1], axis=1)[:, ::-1]
        left: Floats = later + self.never[:, None]
        return left


def shrunk(waits: Waits, prior: Shares, weight: float) -> Shares:
    """Return the shares of every group, the prior counting as `weight` lines; weight 0 is the product-limit estimate."""
    at_risk = weight * prior.left + waits.waiting
    came = weight * prior.on_day + waits.came
    hazard = np.divide(came, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
    left = np.cumprod(1 - hazard, axis=1)
    before = np.concatenate([np.ones((len(left), 1)), left[:, :-1]], axis=1)
    return Shares(hazard * before, left[:, -1])


def likeliest_weight(waits: Waits, prior: Shares) -> float:
    """Return the weight of the prior under which the groups' lines are most likely: an empirical Bayes estimate, on a coarse grid.

    Under the prior a day's hazard is beta distributed with weight × (share on the day, share left after it), so the lines that
    come among those waiting are beta-binomial. Groups that differ much ask for a small weight, like groups for a large one.
    """
    shape = waits.came.shape
    on_day, after = np.broadcast_to(prior.on_day, shape), np.broadcast_to(prior.left - prior.on_day, shape)
    told = (waits.waiting > 0) & (on_day > 0) & (after > 1e-12)
    came, stay = waits.came[told], (waits.waiting - waits.came)[told]
    on_day, after = on_day[told], after[told]
    fit = [float((betaln(w * on_day + came, w * after + stay) - betaln(w * on_day, w * after)).sum()) for w in WEIGHTS]
    return WEIGHTS[int(np.argmax(np.round(fit, 6)))]
