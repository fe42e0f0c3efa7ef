"""The demand that a replay is costed on: what sold, and where stock was short a neutral estimate that no judged method made."""

import numpy as np
from numpy.typing import NDArray

from data.demand import FULLY_IN_STOCK

Floats = NDArray[np.float64]


def costed_demand(sold: Floats, in_stock: Floats, *, reach: int, whole: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Return demand per series and period, units, and which of it is estimated.

    In stock all through a period, demand is what sold. Otherwise it is the series' mean over the fully stocked ones of the `reach`
    periods before, never below what sold; where none of those is known, over all known before, and where there is none at all, what sold.
    Before a series is on sale nothing is wanted.

    Parameters
    ----------
    sold, in_stock
        Units and share of the period in stock, shape (series, periods); nan where not on sale.
    reach
        Periods of 13 weeks.
    whole
        Series sold by the piece, shape (series,): their estimates are rounded to whole units.
    """
    known = np.isfinite(sold) & (in_stock >= FULLY_IN_STOCK)
    units, count = (_before(np.where(known, values, 0.0)) for values in (sold, np.ones_like(sold)))
    recent = _over(_lately(units, reach), _lately(count, reach))
    mean = np.where(np.isfinite(recent), recent, _over(units, count))
    mean = np.where(whole[:, None], np.round(mean), mean)
    estimated = np.isfinite(sold) & ~known
    demand = np.where(estimated, np.fmax(sold, mean), sold)
    return np.nan_to_num(demand), estimated


def _before(values: Floats) -> Floats:
    """Return the running total up to the period before each."""
    total = np.cumsum(values, axis=1)
    return np.concatenate([np.zeros((len(values), 1)), total[:, :-1]], axis=1)


def _lately(total: Floats, reach: int) -> Floats:
    earlier = np.zeros_like(total)
    earlier[:, reach:] = total[:, :-reach]
    return total - earlier


def _over(units: Floats, count: Floats) -> Floats:
    return np.divide(units, count, out=np.full_like(units, np.nan), where=count > 0.5)
