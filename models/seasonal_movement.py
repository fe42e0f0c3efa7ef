"""What the week of the year moves demand by, from the level at an origin to a target: taken out of the trees' targets, and put back.

Trees see a festival of a year ago as a few rows among many, and expect part of it every week. Where history shows every week of the year
twice, what all series of a region do each year is told by the calendar (`models.calendar_member`), and trees learn the rest. Days are left
alone: their trees know weekdays and months.
"""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.cadence import cadence_of
from features.matrix import PreparedPanel
from models.yardsticks.history import History

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST = 0.05
"""Smallest index that a level is divided by: in a week in which nearly everything is closed it tells nothing."""


def seasonal_movement(weeks: Floats, end: date, age: Ints, horizon: Ints) -> Floats:
    """Return the index of the target's week ÷ the mean index of the 13 weeks up to the origin, shape (rows,).

    Parameters
    ----------
    weeks
        Index of each week of the year, shape (52,).
    end
        First day of the last known week.
    age
        Weeks between target and end, negative for targets ahead, shape (rows,).
    horizon
        Weeks from origin to target, from 1, shape (rows,).
    """
    if not len(age):
        return np.ones(0)
    window = cadence_of("week").level_window
    first, last = -int((age + horizon).max()) - window, -int(age.min())
    # Columns of a history without periods count from the week after its end: the week `end` is column −1.
    season = weeks[History(np.empty((1, 0)), end, "week").weeks(first - 1, last - first + 1)]
    total = np.concatenate([[0.0], np.cumsum(season)])
    target = -age - first
    origin = target - horizon + 1
    usual = (total[origin] - total[origin - window]) / window
    return season[target] / np.maximum(usual, LEAST)


def movement_ahead(weeks: Floats, prepared: PreparedPanel, horizon: int) -> Floats:
    """Return the movement of the periods after a panel's last known one, shape (horizon,); 1 for days."""
    ahead = np.arange(1, horizon + 1)
    if prepared.panel.cadence.frequency == "day":
        return np.ones(horizon)
    return seasonal_movement(weeks, prepared.panel.end, -ahead, ahead)
