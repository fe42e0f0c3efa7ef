"""Classes by which errors are told apart: how regular demand is, how old a series is, what kind of day is forecast."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Names = NDArray[np.str_]

LONGEST_GAP, LARGEST_VARIATION = 1.32, 0.49
"""Borders of Syntetos, Boylan and Croston 2005: mean periods between demands, squared coefficient of variation of their sizes."""

AGES = {
    "day": ((28, "under 4 weeks"), (84, "4 to 12 weeks"), (364, "12 to 52 weeks")),
    "week": ((13, "under 13 weeks"), (52, "13 to 52 weeks")),
}
"""Borders in periods and names of the bands below them."""
OLDEST = "over a year"


def intermittency(demand: Floats) -> Names:
    """Return `smooth`, `erratic`, `intermittent` or `lumpy` of each series, `never sold` where nothing was ever asked for.

    Syntetos, Boylan and Croston 2005: intermittent and lumpy ones have more than 1.32 periods between demands on average, erratic and
    lumpy ones a squared coefficient of variation of demand sizes above 0.49.

    Parameters
    ----------
    demand
        Shape (series, periods), units, nan where unknown.
    """
    known, asked = np.isfinite(demand), np.nan_to_num(demand) > 0
    sales = asked.sum(axis=1)
    gap = np.divide(known.sum(axis=1), sales, out=np.full(len(demand), np.inf), where=sales > 0)
    sizes = np.where(asked, np.nan_to_num(demand), 0.0)
    mean = np.divide(sizes.sum(axis=1), sales, out=np.ones(len(demand)), where=sales > 0)
    square = np.divide((sizes**2).sum(axis=1), sales, out=np.zeros(len(demand)), where=sales > 0)
    rare, uneven = gap > LONGEST_GAP, square / mean**2 - 1 > LARGEST_VARIATION
    classes = np.where(rare, np.where(uneven, "lumpy", "intermittent"), np.where(uneven, "erratic", "smooth"))
    return np.where(sales > 0, classes, "never sold")


def age_bands(periods: NDArray[np.int64], frequency: str) -> Names:
    """Return the band of each series' age, from the periods of its history, shape (series,)."""
    bands = AGES[frequency]
    names = np.array([*(name for _, name in bands), OLDEST])
    return names[np.searchsorted([border for border, _ in bands], periods, side="right")]


def kinds_of_day(promoted: NDArray[np.bool_], until_event: Floats, since_event: Floats) -> Names:
    """Return `promoted`, `event`, `post-event` or `normal` for each period, in this order of precedence.

    Parameters
    ----------
    promoted
        Whether a promotion is planned for the period.
    until_event, since_event
        Periods to the next and since the last event, same shape, nan where there is none within reach; 0 on the event itself.
    """
    kinds = np.where(since_event > 0, "post-event", "normal")
    return np.where(promoted, "promoted", np.where((since_event == 0) | (until_event == 0), "event", kinds))
