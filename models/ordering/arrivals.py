"""What arrives when on each sample path: certain lines on their dates, the others as drawn."""

import numpy as np
from numpy.typing import NDArray

from models.lead_times.open_lines import NEVER, OpenLines
from models.ordering.calendar import Calendar
from models.ordering.stock_roll import Floats


def arrivals_by_path(certain: NDArray[np.float64], lines: OpenLines, calendar: Calendar, paths: int) -> Floats:
    """Return units arriving per period, row and path, shape (periods, rows, paths).

    Parameters
    ----------
    certain
        Units that arrive on every path, shape (rows, periods).
    lines
        Of the same rows. One that comes after the last period, or never, is left out.
    """
    periods = certain.shape[1]
    arrivals = np.repeat(certain.T.astype(np.float32)[:, :, None], paths, axis=2)
    days = lines.sample(paths)
    period = np.where(days == NEVER, periods, calendar.period_of(days))
    number = np.arange(len(lines.row)) - np.searchsorted(lines.row, lines.row, side="left")
    for turn in range(int(number.max(initial=-1)) + 1):
        # One line per row at a time, so that no place is written twice at once.
        here = np.flatnonzero(number == turn)
        line, path = np.nonzero(period[here] < periods)
        line = here[line]
        arrivals[period[line, path], lines.row[line], path] += lines.units[line].astype(np.float32)
    return arrivals
