"""Storage that costs more in peak months: what a period's own date adds to the holding cost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ordering.calendar import Calendar
from models.ordering.stock_roll import Floats, Lead


@dataclass(frozen=True)
class PeakStorage:
    """extra: money more per unit and period in a peak month, shape (rows,); share: of each period in peak months, shape (periods,).

    usual: share of a year in peak months, for time after the sampled periods.
    """

    extra: NDArray[np.float64]
    share: NDArray[np.float64]
    usual: float

    def of(self, rows: NDArray[np.intp]) -> "PeakStorage":
        """Return the same for some rows."""
        return PeakStorage(self.extra[rows], self.share, self.usual)

    def at(self, period: Lead) -> Floats:
        """Return money more per unit in a period, or in each path's own, shape (rows, 1) or (rows, paths)."""
        share = self.share[period] if isinstance(period, int) else self.share[np.minimum(period, len(self.share) - 1)]
        extra: Floats = (self.extra[:, None] * share).astype(np.float32)
        return extra


def peak_storage(extra: NDArray[np.float64] | None, calendar: Calendar, periods: int) -> PeakStorage | None:
    """Return what peak months add over so many periods from the order date; None where nothing is added."""
    if extra is None or not calendar.peak_months or not extra.any():
        return None
    return PeakStorage(extra, calendar.peak_share(periods), len(calendar.peak_months) / 12)
