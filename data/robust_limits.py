"""Whether a value lies beyond what its own past makes likely: median and median absolute deviation, which a few odd values do not move."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

WIDTH = 5.0
"""Robust standard deviations beyond which a value counts as shifted."""

TO_SD = 1.4826
"""Median absolute deviation → standard deviation, of a normal distribution."""


@dataclass(frozen=True)
class Limits:
    """Ends of what the past makes likely, and its middle."""

    low: float
    usual: float
    high: float

    def hold(self, value: float) -> bool:
        """Return whether a value lies between the ends."""
        return self.low <= value <= self.high


def limits(past: Sequence[float], *, floor: float) -> Limits:
    """Return the limits that past values set, at least `floor` from their median: of a few quiet values alone they would be too narrow.

    Raises
    ------
    ValueError
        If there are no past values.
    """
    if not past:
        raise ValueError("limits need past values, there are none")
    usual = median(past)
    reach = max(WIDTH * TO_SD * median(abs(value - usual) for value in past), floor)
    return Limits(usual - reach, usual, usual + reach)
