"""A small warehouse: stock, orders on their way, demand, period by period, for many series at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEVER = -1
"""Period of arrival of a delivery that does not come."""


@dataclass(frozen=True)
class PeriodOutcome:
    """What one period brought, units, shape (rows,): wanted, served in the period, not served at once, left at its end, arrived."""

    demand: Floats
    met: Floats
    unmet: Floats
    left: Floats
    arrived: Floats


@dataclass(frozen=True)
class OpenLines:
    """Orders on their way, shape (lines,): row, period ordered in, period promised for, units. When they will come is not told."""

    row: Ints
    ordered: Ints
    promised: Ints
    units: Floats


class StockSimulator:
    """Stock of many series. Arrivals come first in a period, then demand, then costs on what is left.

    Unmet demand is lost, or owed and served first from what arrives. A delivery that never comes stays on the way until `give_up`
    periods after its promise: then everybody knows.
    """

    def __init__(self, on_hand: Floats, *, lost: bool, give_up: int = 8) -> None:
        """Begin with `on_hand` units, shape (rows,), in period 0 and nothing on the way."""
        self.on_hand = np.asarray(on_hand, dtype=np.float64).copy()
        self.owed = np.zeros_like(self.on_hand)
        self.period = 0
        self._lost, self._give_up = lost, give_up
        # One row per line: row, ordered, promised, arrives; and its units.
        self._lines = np.empty((0, 4), dtype=np.int64)
        self._units = np.empty(0)

    def copy(self) -> "StockSimulator":
        """Return a simulator in the same state that goes its own way."""
        twin = StockSimulator(self.on_hand, lost=self._lost, give_up=self._give_up)
        twin.owed, twin.period, twin._lines, twin._units = self.owed.copy(), self.period, self._lines, self._units
        return twin

    @property
    def on_the_way(self) -> Floats:
        """Units ordered and not arrived, shape (rows,)."""
        return np.bincount(self._lines[:, 0], self._units, minlength=len(self.on_hand)).astype(np.float64)

    @property
    def position(self) -> Floats:
        """Inventory position: on hand, plus on the way, less owed."""
        return self.on_hand + self.on_the_way - self.owed

    @property
    def open_lines(self) -> OpenLines:
        """What is on its way."""
        return OpenLines(self._lines[:, 0], self._lines[:, 1], self._lines[:, 2], self._units)

    def place(self, units: Floats, promised: Ints, arrives: Ints | None = None) -> None:
        """Order at the start of the current period.

        Parameters
        ----------
        units
            Per row; 0 for no order.
        promised
            Period from whose start the order is to be on sale.
        arrives
            Period in which it really is, NEVER where it does not come; by default as promised.
        """
        rows = np.flatnonzero(units > 0)
        arrives = promised if arrives is None else arrives
        placed = np.column_stack([rows, np.full(len(rows), self.period), promised[rows], arrives[rows]])
        self._lines = np.concatenate([self._lines, placed])
        self._units = np.concatenate([self._units, units[rows]])

    def step(self, demand: Floats) -> PeriodOutcome:
        """Play the current period and go to the next. demand: units, shape (rows,)."""
        arriving = self._lines[:, 3] == self.period
        arrived = np.bincount(self._lines[arriving, 0], self._units[arriving], minlength=len(demand)).astype(np.float64)
        given_up = (self._lines[:, 3] == NEVER) & (self._lines[:, 2] + self._give_up <= self.period)
        kept = ~(arriving | given_up)
        self._lines, self._units = self._lines[kept], self._units[kept]
        stock = self.on_hand + arrived
        served = np.minimum(stock, self.owed)
        self.owed -= served
        stock -= served
        at_once = np.minimum(stock, demand)
        unmet = demand - at_once
        if not self._lost:
            self.owed += unmet
        self.on_hand = stock - at_once
        self.period += 1
        return PeriodOutcome(demand, served + at_once, unmet, self.on_hand.copy(), arrived)
