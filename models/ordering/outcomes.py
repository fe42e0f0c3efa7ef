"""What given orders are expected to come to, for many rows at once: units missing, units left, and what both cost."""

from dataclasses import dataclass, fields

import numpy as np

from models.ordering.calendar import Calendar
from models.ordering.decide import Block, Floats, Series, arriving_stock, block_by_block, blocks, sampled
from models.ordering.own_window import own_window
from models.ordering.paths import DemandPaths
from models.ordering.stock_roll import ROUNDING, roll_stock
from models.ordering.storage import peak_storage


@dataclass(frozen=True)
class Outcomes:
    """What each row is expected to come to with its order, shape (rows,).

    chance: of unmet demand from tonight to the day before the next order arrives, the protection interval; unmet: units of it;
    left: units on the shelf as the interval closes, later arrivals left out; shortage: cost of what is unmet; holding: cost of what
    is on the shelf at the end of every period of the order's own window.
    """

    chance: Floats
    unmet: Floats
    left: Floats
    shortage: Floats
    holding: Floats


def outcomes(
    series: Series, paths: DemandPaths, calendar: Calendar, orders: Floats, *, horizon: int, lost: bool, threads: int = 1
) -> Outcomes:
    """Return what `orders` come to, on the paths and lead times on which they would be decided.

    Nothing can be done any more about demand before the order arrives; from then on an order of q units leaves of the units `short` of
    `own_window` those above q unmet, and on the shelf what q is above `sold`. Where demand waits, units still owed as the order arrives
    are among those of its window, and are not counted before it as well.

    Parameters
    ----------
    series, paths, calendar, horizon, lost, threads
        As in `decide`.
    orders
        Units, one per row.
    """
    out = Outcomes(*(np.full(len(series.start), np.nan) for _ in fields(Outcomes)))

    def run(block: Block) -> None:
        found = _of_block(series.of(block.rows), paths, block, calendar, orders[block.rows], lost=lost)
        for field in fields(Outcomes):
            getattr(out, field.name)[block.rows] = getattr(found, field.name)

    block_by_block(run, blocks(series, paths, calendar, horizon), threads)
    return out


def _of_block(series: Series, paths: DemandPaths, block: Block, calendar: Calendar, orders: Floats, *, lost: bool) -> Outcomes:
    demand = sampled(paths, series, block)
    roll = roll_stock(demand, series.start, arriving_stock(series, block, calendar, demand.shape[1]), lost=lost)
    storage = peak_storage(series.peak, calendar, block.periods)
    window = own_window(roll, block.lead, block.review, series.shortage, series.holding, storage=storage)
    # Where the order never comes, the window goes on without it.
    order = (orders * block.complete).astype(np.float32)[:, None]
    order = order if block.comes is None else np.where(block.comes, order, np.float32(0))
    short = np.maximum(window.short - order, 0)
    # Demand that the order just meets is met: the noise is that of single precision.
    missed = window.short > order + ROUNDING * np.maximum(1.0, np.abs(order))
    unmet = short.mean(axis=1, dtype=np.float64)
    if lost:
        missed |= roll.begun(block.lead)
        unmet += roll.unmet(block.lead).mean(axis=1, dtype=np.float64)
    on_shelf = np.stack([np.maximum(order - sold, 0).mean(axis=1, dtype=np.float64) for sold in window.sold])
    return Outcomes(
        chance=missed.mean(axis=1),
        unmet=unmet,
        left=on_shelf[-1],
        shortage=series.shortage * unmet,
        holding=(window.holding_rates() * on_shelf).sum(axis=0),
    )
