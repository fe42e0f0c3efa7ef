"""What would change an order: one row decided again on the same sample paths, and other orders, arrivals and costs priced on them."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from models.ordering.calendar import Calendar
from models.ordering.decide import Decisions, Floats, Series, Witness, decide
from models.ordering.own_window import own_window
from models.ordering.paths import DemandPaths
from models.ordering.service_level import ServiceMeasure
from models.ordering.stock_roll import ROUNDING

CASES_BEYOND = 4
"""Cases above the order and above the least order up to which orders are priced."""

MOST_CANDIDATES = 400
"""Orders priced one by one at most; of an order of more cases only those near it and near nothing."""

FURTHEST = 64.0
"""Factor by which a cost or a risk is raised or lowered at most to find where the order changes."""

NEAR_ENOUGH = 1.001
"""Factor to which it is found."""


Aim = Literal["shortage", "level"]
"""What an order aims by: the shortage cost, or the service level."""


@dataclass(frozen=True)
class Turn:
    """A shortage cost or service level from which on the order is another one, and that order in units."""

    value: float
    order: float


@dataclass(frozen=True)
class Question:
    """One row as it was decided: `series` and `paths` hold it alone; the rest as in `decide`."""

    series: Series
    paths: DemandPaths
    calendar: Calendar
    horizon: int
    lost: bool
    measure: ServiceMeasure

    def decided(self, witness: Witness | None = None, *, series: Series | None = None) -> Decisions:
        """Return what is decided, for another `series` where one is given; `witness` as in `decide`."""
        return decide(
            self.series if series is None else series,
            self.paths,
            self.calendar,
            horizon=self.horizon,
            lost=self.lost,
            measure=self.measure,
            witness=witness,
        )

    def with_demand(self, factor: float) -> Decisions:
        """Return what is decided where all demand is `factor` times as high."""
        s = self.series
        return self.decided(
            series=replace(
                s,
                mean=s.mean * factor,
                recent_mean=s.recent_mean * factor,
                recent_sd=s.recent_sd * factor,
                multiplier=s.multiplier * factor,
            )
        )

    def with_later_arrival(self, days: int) -> Decisions:
        """Return what is decided where every order takes so many days more."""
        times = self.series.transit.later(days)
        return self.decided(series=replace(self.series, lead_mean=self.series.lead_mean + days, lead_times=times))

    def where_order_changes(self, aim: Aim, *, more: bool) -> Turn | None:
        """Return from which shortage cost or service level on the order is larger, or smaller than it is, to a thousandth; None if nowhere.

        Looked for between a 64th and 64 times the shortage cost, or the risk that the service level leaves.
        """
        # A risk is searched as a cost is: the lower it is, the larger the order.
        risk = aim == "level"
        near = float(1 - self.series.level[0] if risk else self.series.shortage[0])
        far = near * FURTHEST if more != risk else near / FURTHEST
        if near <= 0 or (risk and far >= 1):
            return None
        tonight = self._order(aim, near)

        def changed(value: float) -> bool:
            order = self._order(aim, value)
            return order > tonight + 1e-6 if more else order < tonight - 1e-6

        if not changed(far):
            return None
        while max(near, far) / min(near, far) > NEAR_ENOUGH:
            middle = float(np.sqrt(near * far))
            near, far = (near, middle) if changed(middle) else (middle, far)
        return Turn(1 - far if risk else far, self._order(aim, far))

    def _order(self, aim: Aim, value: float) -> float:
        s = self.series
        aimed = replace(s, level=np.array([1 - value])) if aim == "level" else replace(s, shortage=np.array([value]))
        return float(self.decided(series=aimed).order[0])


@dataclass(frozen=True)
class Candidates:
    """Orders from nothing up, shape (orders,), and what each is expected to come to in the own window of tonight's order.

    chance: chance of running out in the window; short: units of it not met at once; left: units on the shelf as it closes;
    shortage, holding: money for both, holding over all its periods; line: the order line's own cost; later: money more in later windows,
    for units that the decision found in excess there, less the order lines saved by then; cost: all of them together.
    """

    units: Floats
    chance: Floats
    short: Floats
    left: Floats
    shortage: Floats
    holding: Floats
    line: Floats
    later: Floats
    cost: Floats

    def at(self, units: float) -> int:
        """Return the place of an order among the candidates.

        Raises
        ------
        ValueError
            If it is none of them.
        """
        (places,) = np.nonzero(np.abs(self.units - units) <= 1e-6 * max(1.0, abs(units)))
        if not places.size:
            raise ValueError(f"{units:g} units are none of the {len(self.units)} orders that were priced")
        return int(places[0])


def candidates(witness: Witness, orders: Floats, decided: float) -> Candidates:
    """Return what each of some orders is expected to cost, from the paths on which tonight's order was decided.

    Shortage and holding of the own window are those whose differences `OwnWindow.gain` is. Later windows are counted, step by step
    from one order to the next above it, where the decision counted them (`OrderValue`); above the order decided they can only make
    a step dearer.

    Parameters
    ----------
    witness
        What the row was decided from.
    orders
        Units, ascending, nothing first.
    decided
        The order that was decided, units.
    """
    block, window, later = witness.block, witness.window, witness.later
    assert block is not None and window is not None, "the row has been decided"  # noqa: PT018
    complete, bare = float(block.complete[0]), _without_the_order(witness)
    short, sold = window.short[0].astype(np.float64), window.sold[:, 0].astype(np.float64)
    shortage, rates = float(window.shortage[0]), window.holding_rates()[:, 0]
    unmet = np.array([np.maximum(short - units, 0).mean() for units in orders])
    # Costs are those of a unit ordered; what the order has no part in is counted by units as such.
    held = np.array([rates @ (np.maximum(units - sold, 0).mean(axis=1) + bare.held / complete) for units in orders])
    shortage_of = unmet + bare.unmet / complete
    line = np.zeros(len(orders))
    charged = np.zeros(len(orders))
    if later is not None:
        for place in range(1, len(orders)):
            low, high = orders[place - 1 : place], orders[place : place + 1]
            dearer = float(window.gain(low, high)[0] - later.gain(low, high)[0])
            charged[place] = charged[place - 1] + (dearer if orders[place] <= decided + 1e-6 else max(dearer, 0.0))
    if (value := witness.line) is not None:
        line = np.where(orders > 0, float(value.line[0]), 0.0)
        charged = np.array([float(value.later(np.array([units]))[0]) for units in orders])
        charged -= charged[0]
    return Candidates(
        units=orders,
        # A level that just equals what is missing runs out of nothing; the noise is that of single precision.
        chance=np.array([np.count_nonzero(short > units + ROUNDING * max(1.0, abs(units))) / len(short) for units in orders]) + bare.chance,
        short=unmet * complete + bare.unmet,
        left=np.array([np.maximum(units - sold[-1], 0).mean() for units in orders]) * complete + bare.left,
        shortage=shortage * shortage_of,
        holding=held,
        line=line,
        later=charged,
        cost=shortage * shortage_of + held + line + charged,
    )


@dataclass(frozen=True)
class WithoutTheOrder:
    """What paths on which tonight's order does not come add to the means of every order.

    chance: of running out in the own window; unmet: units; held: units on the shelf in each of its periods, shape (review,); left: as it
    closes.
    """

    chance: float
    unmet: float
    held: Floats
    left: float


def _without_the_order(witness: Witness) -> WithoutTheOrder:
    block, roll, window = witness.block, witness.roll, witness.window
    assert block is not None and roll is not None and window is not None, "the row has been decided"  # noqa: PT018
    if block.comes is None:
        return WithoutTheOrder(0.0, 0.0, np.zeros(len(window.sold)), 0.0)
    bare = own_window(roll, block.lead, block.review, window.shortage, window.holding)
    missed = np.where(block.comes[0], 0.0, np.maximum(bare.short[0], 0.0))
    there = np.where(block.comes[0], 0.0, np.maximum(-bare.sold[:, 0], 0.0))
    chance = np.count_nonzero(missed > ROUNDING) / len(missed)
    return WithoutTheOrder(chance, float(missed.mean()), there.mean(axis=1), float(there[-1].mean()))


def orders_near(case: float, least: float, order: float) -> Floats:
    """Return nothing, the least order and whole cases above it, beyond `order`; `order` itself is always among them.

    Of very many cases those near nothing and near the order.
    """
    lump = max(np.ceil(least / case - 1e-9), 1.0)
    last = max(np.ceil(order / case - 1e-9), lump) + CASES_BEYOND
    cases = np.arange(lump, last + 1)
    if len(cases) > MOST_CANDIDATES:
        half = MOST_CANDIDATES // 2
        cases = np.concatenate([cases[:half], cases[-half:]])
    return np.unique(np.concatenate([[0.0], cases * case, [order]]).round(9))


def price_of_waiting(witness: Witness, order: float, periods: int) -> float | None:
    """Return the money that the same order costs more when it is sent so many periods later; None where costs are all zero.

    What the order saves in its first periods on the shelf: unmet demand that it would have prevented, less the stock that would have
    lain there. From then on the later order serves as tonight's would have.

    Parameters
    ----------
    witness
        What the row was decided from.
    order
        Units.
    periods
        At least 1, at most the review period.
    """
    block, roll, window = witness.block, witness.roll, witness.window
    assert block is not None and roll is not None and window is not None, "the row has been decided"  # noqa: PT018
    if float(window.shortage[0]) == 0 and float(window.holding[0]) == 0:
        return None
    # The window is kept by units ordered, its costs with it.
    shortage, holding = window.shortage / block.complete, window.holding / block.complete
    first = own_window(roll, block.lead, min(periods, block.review), shortage, holding, block.comes, witness.storage)
    first = first.per_unit_ordered(block.complete)
    return float(first.gain(np.zeros(1), np.array([order]))[0])
