"""Dates of an order: when it goes out, when it arrives, when the next one may go; in days and in whole periods."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Frequency = Literal["day", "week"]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Calendar:
    """Dates of one run. Period 0 starts on `order_date`, the day after `as_of`.

    closed: days on which no order goes out; peak_months: months (1 to 12) in which storage costs more.
    """

    as_of: date
    frequency: Frequency
    closed: frozenset[date] = frozenset()
    peak_months: frozenset[int] = frozenset()

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

    def peak_share(self, periods: int) -> NDArray[np.float64]:
        """Return the share of each period's days that lies in a peak month, shape (periods,)."""
        days = np.datetime64(self.order_date) + np.arange(periods * self.days)
        months = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
        share: NDArray[np.float64] = np.isin(months, list(self.peak_months)).reshape(periods, self.days).mean(axis=1)
        return share

    def chances_to_order(self, review_days: int, weekdays: frozenset[int] | None = None) -> tuple[int, int]:
        """Return the days from the order date to the first chance to order not before it, and from it to the next one after it.

        The order date is a chance unless it is closed, or not one of the supplier's `weekdays` (ISO, None for any). The next one is the
        first open weekday after it, or without weekdays the first open day a review later; after a closed night it is the first chance
        itself. A week orders on any open day of it, whatever the weekday: it is closed where all its days are.
        """
        named = None if self.frequency == "week" else weekdays

        def open_on(days: int) -> bool:
            first = self.order_date + timedelta(days=days)
            span = (first + timedelta(days=n) for n in range(self.days))
            return any(day not in self.closed and (named is None or day.isoweekday() in named) for day in span)

        wait = next(days for days in count(0, self.days) if open_on(days))
        if wait:
            return wait, wait
        review = ceil(review_days / self.days) * self.days if named is None else 1
        return 0, next(days for days in count(review, self.days) if open_on(days))


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


def lead_periods(mean_days: float, sd_days: float, days_per_period: int) -> int:
    """Return the lead time that dates are told by: rounded up where it is certain, the nearest day where it varies."""
    days = ceil(mean_days - 1e-9) if sd_days == 0 else int(mean_days + 0.5)
    return ceil(days / days_per_period)
