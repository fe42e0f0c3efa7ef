"""What the ordering code asks of a predictive distribution: sample paths of demand."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class DemandPaths(Protocol):
    """Sample paths of demand per series, units per period; period 0 is the order date (or its week)."""

    def sample(self, rows: NDArray[np.intp], periods: int) -> NDArray[np.float32]:
        """Return demand of the given rows, shape (len(rows), paths, periods), >= 0.

        The same row gives the same numbers whatever it is asked together with, and a longer answer starts with the shorter.
        """
        ...
