"""Dates of an order: when it goes out, when it arrives, when the next one may go; in days and in whole periods."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Frequency = Literal["day", "week"]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Calendar:
    """Dates of one run. Period 0 starts on `order_date`, the day after `as_of`."""

    as_of: date
    frequency: Frequency

    @property
    def order_date(self) -> date:
        """Morning on which tonight's order goes out."""
        return self.as_of + timedelta(days=1)

    @property
    def days(self) -> int:
        """Days in a period."""
        return 1 if self.frequency == "day" else 7

    def periods(self, days: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return spans of days as whole periods, rounded up: goods of a span of 8 days serve from the second week's start."""
        return np.ceil(np.asarray(days, dtype=np.float64) / self.days - 1e-9).astype(np.int64)

    def period_of(self, days_after_order_date: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the period from whose start goods serve that are on sale so many days after the order date; overdue ones at once."""
        return np.maximum(-(-np.asarray(days_after_order_date, dtype=np.int64) // self.days), 0)


def parse_weekdays(text: str) -> frozenset[int]:
    """Return ISO weekdays (Monday is 1) from 'Mon,Thu', 'Monday; Thursday' or '1,4'.

    Raises
    ------
    ValueError
        If a part is no weekday; the message names it.
    """
    days: set[int] = set()
    for part in text.replace(";", ",").replace("/", ",").replace(" ", ",").split(","):
        word = part.strip().lower()
        if not word:
            continue
        if word.isdecimal() and 1 <= int(word) <= 7:
            days.add(int(word))
        elif len(word) >= 3 and word[:3] in WEEKDAYS:
            days.add(WEEKDAYS.index(word[:3]) + 1)
        else:
            raise ValueError(f"{part.strip()!r} is no weekday: write Mon, Tue, … or 1 to 7 with Monday as 1")
    if not days:
        raise ValueError("no weekday is named")
    return frozenset(days)


def days_to_order_day(weekdays: frozenset[int], day: date) -> tuple[int, int]:
    """Return the days from `day` to the first order day not before it, and from `day` to the first one after it."""
    ahead = [n for n in range(8) if (day + timedelta(days=n)).isoweekday() in weekdays]
    return ahead[0], next(n for n in ahead if n > 0)


def lead_periods(mean_days: float, sd_days: float, days_per_period: int) -> int:
    """Return the lead time that dates are told by: rounded up where it is certain, the nearest day where it varies."""
    days = ceil(mean_days - 1e-9) if sd_days == 0 else int(mean_days + 0.5)
    return ceil(days / days_per_period)
