"""What depends on a line that should be here: demand that goes unmet if it never comes, and would not if it came today."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.ordering.arrivals import arrivals_by_path
from models.ordering.calendar import Calendar
from models.ordering.decide import Series
from models.ordering.paths import DemandPaths
from models.ordering.stock_roll import roll_stock

Floats = NDArray[np.float64]

LINES = 64
"""Lines looked at together."""


def unmet_by_line(
    series: Series,
    paths: DemandPaths,
    calendar: Calendar,
    *,
    row: NDArray[np.int64],
    units: Floats,
    drawn: NDArray[np.int64],
    lost: bool,
) -> Floats:
    """Return mean units of demand that depend on each line, shape (lines,), over the usual protection interval and without tonight's order.

    Parameters
    ----------
    series, paths
        What is decided for, as in `decide`.
    row, units
        Of each line: the row it is for, and what it brings.
    drawn
        Place of the line among `series.lines`; −1 for one that `series.inbound` holds in period 0.
    lost
        Whether unmet demand is lost.
    """
    found = np.zeros(len(row))
    interval = series.usual_leads(calendar) + series.review
    complete = series.transit.complete_of_rows()
    # Rows of like intervals together; what a line gets depends on its own alone.
    order = np.argsort(interval[row], kind="stable")
    for start in range(0, len(row), LINES):
        chunk = order[start : start + LINES]
        rows, periods = row[chunk], int(interval[row[chunk]].max())
        few = series.of(rows)
        demand = paths.sample(rows, periods) * few.multiplier.astype(np.float32)[:, None, None]
        certain = few.inbound[:, :periods].toarray()
        here = np.where(drawn[chunk] < 0, 0.0, units[chunk] * complete[rows])
        without = certain.copy()
        without[:, 0] -= np.where(drawn[chunk] < 0, units[chunk], 0.0)
        certain[:, 0] += here
        unmet = []
        for arrivals in (without, certain):
            inbound: Floats | NDArray[np.float32] = arrivals
            if series.lines is not None:
                lines, place = series.lines.lines_of(rows)
                others = np.flatnonzero(lines != drawn[chunk][place])
                coming = replace(series.lines.only(lines[others]), row=place[others])
                inbound = arrivals_by_path(arrivals, coming, calendar, demand.shape[1])
            until = np.broadcast_to(interval[rows][:, None], demand.shape[:2])
            unmet.append(roll_stock(demand, few.start, inbound, lost=lost).unmet(until).mean(axis=1, dtype=np.float64))
        found[chunk] = np.maximum(unmet[0] - unmet[1], 0.0)
    return found
