"""On which terms a replay orders: the same for every method."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ordering.choice import Packs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ReplayTerms:
    """Shape (rows,): lead and review in periods; packs in units; holding, shortage in money per unit (and period).

    peak: what holding costs more in peak months, None where nothing. line: money per order line.
    """

    lead: Ints
    review: Ints
    packs: Packs
    holding: Floats
    shortage: Floats
    peak: Floats | None = None
    line: float = 0.0

    def of(self, rows: NDArray[np.intp]) -> "ReplayTerms":
        """Return the same for some rows."""
        peak = None if self.peak is None else self.peak[rows]
        return ReplayTerms(
            self.lead[rows], self.review[rows], self.packs.of(rows), self.holding[rows], self.shortage[rows], peak, self.line
        )
