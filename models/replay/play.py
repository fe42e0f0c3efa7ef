"""A window played by a simple rule, or by one that knows the future; the same stock, nights, deliveries and demand for all."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.ordering.calendar import Calendar
from models.ordering.choice import raised_to_packs
from models.ordering.decide import Series, decide
from models.replay.rules import RULES, Basis, Known, Rule
from models.replay.simulator import NEVER, StockSimulator
from models.replay.tally import Tally
from models.replay.terms import ReplayTerms

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FORESIGHT = "perfect_foresight"


@dataclass(frozen=True)
class PlayedWindow:
    """A stretch of the past, the same for every method.

    demand: what is served and costed, shape (rows, periods of all history), units; estimated: where it was not seen; seen: what was
    known of it on later nights, nan where nothing; first: column of the window's first period; periods, not_counted: of the window;
    delivery: lead time, in periods, of an order placed in each column, NEVER where it does not come; label: of the window; calendar: of
    its first night, where storage costs more in some months.
    """

    label: str
    demand: Floats
    estimated: NDArray[np.bool_]
    seen: Floats
    first: int
    periods: int
    not_counted: int
    delivery: Ints
    terms: ReplayTerms
    periods_per_week: int
    calendar: Calendar | None = None

    def peak_share(self, period: int) -> float:
        """Return how much of a period of the window lies in peak months."""
        return 0.0 if self.calendar is None else float(self.calendar.peak_share(period + 1)[period])

    def known(self, period: int) -> Known:
        """Return what a rule may look at on the night before a period of the window."""
        return Known(self.seen[:, : self.first + period], self.terms.lead, self.terms.review, self.periods_per_week)

    def demand_ahead(self, period: int) -> Floats:
        """Return demand of the protection interval of a night, units, shape (rows,); nan where it goes on after the end of history."""
        total = np.concatenate([np.zeros((len(self.demand), 1)), np.cumsum(self.demand, axis=1)], axis=1)
        first, last = self.first + period, self.first + period + self.terms.lead + self.terms.review
        rows = np.arange(len(total))
        known = last < total.shape[1]
        return np.where(known, total[rows, np.minimum(last, total.shape[1] - 1)] - total[:, first], np.nan)

    def reviewed(self, period: int) -> NDArray[np.bool_]:
        """Return which rows may order on the night before a period of the window."""
        due: NDArray[np.bool_] = period % self.terms.review == 0
        return due

    def promised(self, stock: StockSimulator) -> Ints:
        """Return the period an order placed now is promised for, as the simulator counts them."""
        return stock.period + self.terms.lead

    def arrives(self, period: int, stock: StockSimulator) -> Ints:
        """Return the period an order placed now arrives in."""
        lead = self.delivery[:, self.first + period]
        return np.where(lead == NEVER, NEVER, stock.period + lead)


class Player:
    """One method's stock through a window: orders go in, outcomes are tallied. unmet, orders: shape (rows, periods played)."""

    def __init__(self, window: PlayedWindow, start: StockSimulator) -> None:
        self.window, self.stock, self.tally = window, start.copy(), Tally(window.terms)
        self.period = 0
        self._orders: list[Floats] = []
        self._unmet: list[Floats] = []

    @property
    def unmet(self) -> Floats:
        """Units not served at once, per period played."""
        return np.stack(self._unmet, axis=1)

    @property
    def orders(self) -> Floats:
        """Units ordered, per night played."""
        return np.stack(self._orders, axis=1)

    def play(self, orders: Floats) -> None:
        """Place a night's orders (of rows that may order) and play the period."""
        window, reviewed = self.window, self.window.reviewed(self.period)
        units, counted = np.where(reviewed, orders, 0.0), self.period >= window.not_counted
        self.stock.place(units, window.promised(self.stock), window.arrives(self.period, self.stock))
        self.tally.place(units, reviewed, counted=counted)
        column = window.first + self.period
        outcome = self.stock.step(window.demand[:, column])
        if counted:
            self.tally.add(outcome, window.estimated[:, column], window.peak_share(self.period))
        self._orders.append(units)
        self._unmet.append(outcome.unmet)
        self.period += 1

    def orders_frame(self) -> pl.DataFrame:
        """Return a row per order: row, window, period (of the window, from 0), order_units."""
        orders = self.orders
        row, period = np.nonzero(orders)
        return pl.DataFrame(
            {
                "row": pl.Series(row, dtype=pl.Int32),
                "window": pl.Series([self.window.label], dtype=pl.String).new_from_index(0, len(row)),
                "period": pl.Series(period, dtype=pl.Int32),
                "order_units": orders[row, period],
            }
        )


def play_rules(window: PlayedWindow, start: StockSimulator) -> Iterator[pl.DataFrame]:
    """Yield the tallies of every rule at every parameter."""
    for rule in RULES:
        bases = [rule.basis(window.known(period)) if window.reviewed(period).any() else () for period in range(window.periods)]
        for number, parameter in enumerate(rule.parameters):
            yield play_rule(window, start, rule, bases, number).tally.frame(rule.name, parameter, window.label)


def play_rule(window: PlayedWindow, start: StockSimulator, rule: Rule, bases: list[Basis], number: int) -> Player:
    """Return a window played by one rule at one parameter; nights of which the basis is empty order nothing."""
    player = Player(window, start)
    for period, basis in enumerate(bases):
        orders = rule_orders(window.known(period), rule, basis, number, player.stock, window.terms) if basis else no_orders(start)
        player.play(orders)
    return player


def rule_orders(known: Known, rule: Rule, basis: Basis, number: int, stock: StockSimulator, terms: ReplayTerms) -> Floats:
    """Return what a rule orders: up to its level where the position is at or below its reorder point."""
    levels, position = rule.levels(known, basis, number), stock.position
    raw = np.where(position <= levels.reorder + 1e-9, levels.up_to - position, 0.0)
    return raised_to_packs(raw, terms.packs)


def no_orders(stock: StockSimulator) -> Floats:
    """Return an order of nothing for every row."""
    return np.zeros(len(stock.on_hand))


@dataclass(frozen=True)
class TheTruth:
    """Demand paths of somebody who knows the future: one path."""

    demand: Floats

    def sample(self, rows: NDArray[np.intp], periods: int) -> NDArray[np.float32]:
        """Return demand of the given rows, shape (len(rows), 1, periods); nothing after the end of history."""
        told = self.demand[rows, :periods].astype(np.float32)
        return np.pad(told, ((0, 0), (0, periods - told.shape[1])))[:, None, :]


def play_foresight(window: PlayedWindow, start: StockSimulator, calendar: Calendar, *, lost: bool, threads: int) -> pl.DataFrame:
    """Return the tallies of the cost rule told the demand to come, deliveries as promised.

    With a review of one period, single units and deliveries as promised nothing costs less: each order brings what its period lacks.
    With longer reviews, cases and least orders it is the order of least cost in its own window, a floor in practice. Beyond the end of
    history nothing is wanted; the last orders would arrive there.
    """
    terms, player = window.terms, Player(window, start)
    rows, longest = len(terms.lead), int((terms.lead + terms.review).max())
    for period in range(window.periods):
        column = window.first + period
        lines, ahead = player.stock.open_lines, window.demand[:, column:]
        due = np.maximum(lines.promised - player.stock.period, 0)
        mean = np.pad(ahead[:, :longest], ((0, 0), (0, max(0, longest - ahead.shape[1]))))
        asked = Series(
            start=player.stock.on_hand - player.stock.owed,
            inbound=csr_array((lines.units, (lines.row, due)), shape=(rows, 4_000)),
            lead_mean=terms.lead.astype(float) * calendar.days,
            lead_sd=np.zeros(rows),
            keys=np.zeros(rows, dtype=np.uint64),
            review=terms.review,
            shortage=terms.shortage,
            holding=terms.holding,
            level=np.full(rows, 0.5),
            case=terms.packs.case,
            least=terms.packs.least,
            most=terms.packs.most,
            whole=terms.packs.whole,
            rule=np.full(rows, "cost"),
            mean=mean,
            recent_mean=np.zeros(rows),
            recent_sd=np.zeros(rows),
            multiplier=np.ones(rows),
            line=np.full(rows, terms.line) if terms.line else None,
            peak=terms.peak,
        )
        tonight = replace(calendar, as_of=calendar.as_of + timedelta(days=period * calendar.days))
        found = decide(asked, TheTruth(ahead), tonight, horizon=longest, lost=lost, measure="cycle", threads=threads)
        player.play(found.order)
    return player.tally.frame(FORESIGHT, None, window.label)
