"""How many times its cost holding should count when orders are chosen, told by what replayed orders cost, class by class.

One number per class, chosen on all windows but the last, and taken only where the last one agrees: a difference within a standard error
over series is no difference. More numbers than that, or no window held back, would follow the luck of the windows.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WEIGHTS = (0.7, 1.0, 1.25, 1.5, 2.0)
"""Candidates; 1 is what orders are chosen by without tuning."""

UNTUNED = WEIGHTS.index(1.0)

CLASSES = ("A", "B", "C")


@dataclass(frozen=True)
class Played:
    """One window played with every candidate. label: of it; cost: money, shape (candidates, series); abc: class of each series."""

    label: str
    cost: Floats
    abc: NDArray[np.str_]


def tuning(played: list[Played]) -> pl.DataFrame:
    """Return a row per class and candidate, and which one is taken.

    Columns: abc, series, weight, cost and saved of the windows it is chosen on, saved_error (standard error over series and windows of
    what is saved against a weight of 1), held_back_cost, held_back_saved and held_back_error of the last window, taken. A class takes the
    candidate that costs least, if it saves more than a standard error, in the last window as well; else it keeps 1.

    Parameters
    ----------
    played
        Windows, oldest first, at least two; the last one confirms.

    Raises
    ------
    ValueError
        If there are fewer than two windows.
    """
    if len(played) < 2:
        raise ValueError(f"{len(played)} windows: one to choose on and one to confirm are needed")
    *earlier, last = played
    rows = []
    for abc in CLASSES:
        chosen_on = np.concatenate([window.cost[:, window.abc == abc] for window in earlier], axis=1)
        held_back = last.cost[:, last.abc == abc]
        saved, confirmed = (cost[UNTUNED] - cost for cost in (chosen_on, held_back))
        best = int(chosen_on.sum(axis=1).argmin())
        pays = all(_beyond_chance(gains[best]) for gains in (saved, confirmed))
        taken = best if pays else UNTUNED
        rows += [
            {
                "abc": abc,
                "series": held_back.shape[1],
                "weight": weight,
                "cost": float(chosen_on[number].sum()),
                "saved": float(saved[number].sum()),
                "saved_error": _error(saved[number]),
                "held_back_cost": float(held_back[number].sum()),
                "held_back_saved": float(confirmed[number].sum()),
                "held_back_error": _error(confirmed[number]),
                "taken": number == taken,
            }
            for number, weight in enumerate(WEIGHTS)
        ]
    return pl.DataFrame(rows)


def taken_weights(found: pl.DataFrame) -> dict[str, float]:
    """Return the weights other than 1 that are taken, by class, as `replenishment.holding_weights` has them."""
    return dict(found.filter("taken", pl.col("weight") != 1.0).select("abc", "weight").iter_rows())


def _beyond_chance(gains: Floats) -> bool:
    return bool(gains.sum() > _error(gains))


def _error(gains: Floats) -> float:
    """Return the standard error of the sum of gains, series being independent."""
    return float(gains.std(ddof=1) * np.sqrt(len(gains))) if len(gains) > 1 else 0.0
