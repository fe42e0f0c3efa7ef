"""Cadence of a run: how long a season is, and which lags and windows make sense at its frequency."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Cadence:
    """Lengths in periods.

    season: periods after which the calendar repeats most strongly (7 days, 52 weeks); cycles: how many past seasons a
    same-season mean looks at; year: periods in a year that keep the weekday; reach: how far an event is felt.
    """

    frequency: Literal["day", "week"]
    season: int
    cycles: tuple[int, ...]
    lags: tuple[int, ...]
    windows: tuple[int, ...]
    level_window: int
    year: int
    reach: int

    @property
    def step_days(self) -> int:
        """Days in a period."""
        return 1 if self.frequency == "day" else 7

    def lookback(self, horizon: int) -> int:
        """Return the periods up to an origin that any feature looks at; longer histories need not be read to forecast.

        The furthest looks a year and a horizon back, or several seasons, at demand against a level that itself looks back
        over four level windows.
        """
        return max(self.year + horizon, self.season * max(self.cycles), *self.windows) + 4 * self.level_window + 1


DAILY = Cadence(
    "day", season=7, cycles=(2, 4, 8), lags=(0, 1, 2, 3, 4, 5, 6), windows=(3, 7, 14, 28, 56), level_window=28, year=364, reach=7
)
WEEKLY = Cadence("week", season=52, cycles=(1, 2), lags=(0, 1, 2, 3), windows=(2, 4, 8, 13, 26, 52), level_window=13, year=52, reach=2)


def cadence_of(frequency: Literal["day", "week"]) -> Cadence:
    """Return the cadence of a frequency."""
    return DAILY if frequency == "day" else WEEKLY
