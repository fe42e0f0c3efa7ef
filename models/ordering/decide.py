"""Every number of a recommendation that comes from simulation, for many series, block by block."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.lead_times.draws import sample_comes, sample_lead_times
from models.lead_times.lead_times import LeadTimes, agreed_lead_times
from models.lead_times.open_lines import OpenLines
from models.ordering.arrivals import arrivals_by_path
from models.ordering.calendar import Calendar
from models.ordering.choice import Choice, Packs, cheapest, last_case_gain, raised_to_packs, reorder_below
from models.ordering.later_windows import BaseRule, OrderValue, order_value
from models.ordering.order_line import LineValue, line_choice, line_value
from models.ordering.own_window import OwnWindow, own_window
from models.ordering.paths import DemandPaths
from models.ordering.service_level import ServiceMeasure, cycle_level, if_it_comes, smallest
from models.ordering.simple_rule import critical_ratio, order_quantity, simple_level
from models.ordering.stock_roll import Lead, StockRoll, roll_stock
from models.ordering.storage import PeakStorage, peak_storage

Floats = NDArray[np.float64]
Rule = Literal["cost", "service", "simple_cost", "simple_service"]
RULES: tuple[Rule, ...] = ("cost", "service", "simple_cost", "simple_service")

WEEKLY_REVISION = 0.2
"""Share of a week's surprise that later forecasts are taken to follow.

Grocery data, nights of four eight-week windows before those of the benchmark: forecasts took up 0.08 to 0.13 of it a week, beside
revisions of a fifth of the level that have other reasons. Orders cost 2.4% less with 0.2 than with none, and less in three windows of
four; 0.1 gained 1.5%, 0.5 3.8%."""

BLOCK_BYTES = 12_000_000
"""Size of a block's sampled demand; the sums made of it take about six times as much."""


@dataclass(frozen=True)
class Series:
    """What is decided for, one row per sku × fc, shape (rows,) unless said otherwise. Units of the item, money per unit.

    start: stock before period 0, less units owed; inbound: certain arrivals per period, sparse, shape (rows, many), period 0 the
    order date; lead_mean, lead_sd: days; review: periods; level: target service; mean: mean demand per period, shape (rows,
    periods); multiplier: factor on sampled demand (`mean` carries it already); line: money per order line, and peak: money that holding
    costs more in peak months, None where no row has any; weight: how many times its cost holding counts when orders are chosen, None for
    once; lead_times: how long orders take and whether they come, without it as lead_mean and lead_sd say, and all come; lines: open
    lines whose arrival is not certain.
    """

    start: Floats
    inbound: csr_array
    lead_mean: Floats
    lead_sd: Floats
    keys: NDArray[np.uint64]
    review: NDArray[np.int64]
    shortage: Floats
    holding: Floats
    level: Floats
    case: Floats
    least: Floats
    most: Floats
    whole: NDArray[np.bool_]
    rule: NDArray[np.str_]
    mean: Floats
    recent_mean: Floats
    recent_sd: Floats
    multiplier: Floats
    line: Floats | None = None
    peak: Floats | None = None
    weight: Floats | None = None
    lead_times: LeadTimes | None = None
    lines: OpenLines | None = None

    @property
    def transit(self) -> LeadTimes:
        """How long orders take, and whether they come."""
        return agreed_lead_times(self.lead_mean, self.lead_sd) if self.lead_times is None else self.lead_times

    def usual_leads(self, calendar: Calendar) -> NDArray[np.int64]:
        """Return the lead time that dates are told by, periods."""
        return self.transit.usual_periods(self.lead_mean, self.lead_sd, calendar.days)

    def weighed(self) -> "Series":
        """Return the same with holding charged as it counts when orders are chosen."""
        if self.weight is None:
            return self
        peak = None if self.peak is None else self.peak * self.weight
        return replace(self, holding=self.holding * self.weight, peak=peak, weight=None)

    def of(self, rows: NDArray[np.intp]) -> "Series":
        """Return some rows."""
        given = {field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None}
        return replace(self, **{name: value[rows] for name, value in given.items()})


@dataclass(frozen=True)
class Decisions:
    """What was found, shape (rows,). Dates are periods from 0, −1 where the risk is not reached; money nan where unknown."""

    demand_mean: Floats
    demand_p50: Floats
    demand_target: Floats
    risk_before_arrival: Floats
    risk_without_order: Floats
    unmet_before_arrival: Floats
    unmet_without_order: Floats
    begun_p10: Floats
    begun_p50: Floats
    begun_p90: Floats
    begun_target: Floats
    raw: Floats
    reorder: Floats
    order: Floats
    last_case: Floats


@dataclass(frozen=True)
class Block:
    """Rows decided together.

    lead: periods, or periods per path; usual: the lead time that dates are told by; latest: the longest
    that is simulated of such rows; comes: on which paths tonight's order comes at
    all, shape (rows, paths), None where on all; complete: share of its units that comes with it, shape (rows,).
    """

    rows: NDArray[np.intp]
    lead: Lead
    usual: int
    latest: int
    review: int
    periods: int
    rule: Rule
    comes: NDArray[np.bool_] | None
    complete: Floats

    @property
    def interval(self) -> int:
        """Protection interval at the usual lead time."""
        return self.usual + self.review


@dataclass
class Witness:
    """What a single row was decided from, kept for one who asks why; `decide` fills it.

    later: the order's value with later windows counted; None where no unit can be in excess by then, and the own window is all.
    line: the value of levels where an order line costs money, in place of `later`. storage: what peak months add to holding.
    """

    block: Block | None = None
    roll: StockRoll | None = None
    window: OwnWindow | None = None
    later: OrderValue | None = None
    line: LineValue | None = None
    storage: PeakStorage | None = None


def decide(
    series: Series,
    paths: DemandPaths,
    calendar: Calendar,
    *,
    horizon: int,
    lost: bool,
    measure: ServiceMeasure,
    threads: int = 1,
    block_bytes: int = BLOCK_BYTES,
    witness: Witness | None = None,
) -> Decisions:
    """Return decisions for every row of `series`, in its order; row i is row i of `paths`.

    Rows are grouped by lead time, review period and rule, so that a few slow items do not lengthen all, and cut into
    blocks: neither changes a number. Stock-outs are looked for within the horizon, or the protection interval where longer.
    `witness`, for one row alone, is given what the row was decided from.
    """
    out = Decisions(*(np.full(len(series.start), np.nan) for _ in fields(Decisions)))

    def run(block: Block) -> None:
        few = series.of(block.rows)
        found = _decide_block(few, sampled(paths, few, block), block, calendar, lost=lost, measure=measure, witness=witness)
        for field in fields(Decisions):
            getattr(out, field.name)[block.rows] = getattr(found, field.name)

    block_by_block(run, blocks(series, paths, calendar, horizon, block_bytes), threads)
    return out


def block_by_block(run: Callable[[Block], None], several: Iterator[Block], threads: int) -> None:
    """Call a function for every block, `threads` at a time."""
    if threads == 1:
        for block in several:
            run(block)
    else:
        with ThreadPoolExecutor(threads) as pool:
            # list() lets an error of any block through.
            list(pool.map(run, several))


def sampled(paths: DemandPaths, series: Series, block: Block) -> NDArray[np.float32]:
    """Return sampled demand of a block, whose rows `series` holds, times their factors; shape (rows, paths, periods)."""
    demand = paths.sample(block.rows, block.periods)
    if (series.multiplier != 1).any():
        demand = demand * series.multiplier.astype(np.float32)[:, None, None]
    return demand


def arriving_stock(series: Series, block: Block, calendar: Calendar, paths: int) -> Floats | NDArray[np.float32]:
    """Return what open order lines bring a block, whose rows `series` holds; shape (rows, periods), or (periods, rows, paths) by path."""
    certain: Floats = series.inbound[:, : block.periods].toarray()
    if series.lines is None or not len(series.lines.row):
        return certain
    return arrivals_by_path(certain, series.lines, calendar, paths)


def blocks(series: Series, sample_paths: DemandPaths, calendar: Calendar, horizon: int, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Return blocks of rows that share lead time, review period and rule: what a row gets never depends on its block."""
    paths = sample_paths.sample(np.arange(min(1, len(series.start))), 1).shape[1]
    times, usual = series.transit, series.usual_leads(calendar)
    certain, complete = ~times.varies, times.complete_of_rows()
    # Lead times that vary are drawn per path up to their longest, in whole weeks so that similar rows go together.
    longest = usual.copy()
    if not certain.all():
        days = times.longest[times.which[~certain]]
        longest[~certain] += -(-np.maximum(-(-days // calendar.days) - usual[~certain], 0) * calendar.days // 7) * 7 // calendar.days
    by_path = np.zeros(len(usual), dtype=np.bool_)
    if series.lines is not None:
        by_path[series.lines.row] = True
    rules = np.array([RULES.index(rule) for rule in series.rule], dtype=np.int64)
    alike = np.column_stack([certain, usual, longest, series.review, rules, by_path])
    groups, which = np.unique(alike, axis=0, return_inverse=True)
    order = np.argsort(which.reshape(-1), kind="stable")
    ends = np.searchsorted(which.reshape(-1)[order], np.arange(len(groups) + 1))
    for number, (sure, lead, most, review, rule, varied) in enumerate(groups.tolist()):
        rows = order[ends[number] : ends[number + 1]]
        periods = max(horizon, most + review)
        size = max(1, block_bytes // (4 * paths * periods * (2 if varied else 1)))
        for start in range(0, len(rows), size):
            block = rows[start : start + size]
            leads: Lead = lead
            comes = None
            if not sure:
                few, keys = times[block], series.keys[block]
                leads = np.minimum(calendar.periods(sample_lead_times(few, keys, paths).astype(np.float64)), most)
                comes = sample_comes(few, keys, paths)
            yield Block(block, leads, lead, most, review, periods, RULES[rule], comes, complete[block])


def _decide_block(
    series: Series,
    demand: NDArray[np.float32],
    block: Block,
    calendar: Calendar,
    *,
    lost: bool,
    measure: ServiceMeasure,
    witness: Witness | None = None,
) -> Decisions:
    series, lead, until = series.weighed(), block.lead, block.lead + block.review
    inbound = arriving_stock(series, block, calendar, demand.shape[1])
    mean = extended(series.mean, block.periods + block.interval, calendar)
    roll = roll_stock(demand, series.start, inbound, lost=lost)
    storage = peak_storage(series.peak, calendar, block.periods)
    arrived_window = own_window(roll, lead, block.review, series.shortage, series.holding, block.comes, storage)
    window = arrived_window.per_unit_ordered(block.complete)
    if witness is not None:
        witness.block, witness.roll, witness.window, witness.storage = block, roll, window, storage
    interval_demand = roll.demand_until(until)
    cumulative = np.concatenate([np.zeros((len(mean), 1)), np.cumsum(mean, axis=1)], axis=1)
    demand_mean = cumulative[:, until] if isinstance(until, int) else np.take_along_axis(cumulative, until, axis=1).mean(axis=1)
    packs = Packs(series.case, series.least, series.most, series.whole)
    if block.rule == "cost":
        choice = _cheapest(mean, roll, arrived_window, storage, packs, block, calendar, witness)
        if series.line is not None:
            choice = _worth_its_line(choice, series.line, roll, window, packs, calendar, witness)
    elif block.rule == "service":
        served = (interval_demand - roll.demand_until(lead)) / block.complete.astype(np.float32)[:, None]
        short, level = window.short, series.level
        if block.comes is not None:
            short, served, level = if_it_comes(short, served, level, block.comes, measure)
        choice = smallest(short, served, level, packs, measure)
        # Costs may be known all the same: then the last case has a price.
        choice = Choice(choice.raw, choice.reorder, choice.order, last_case_gain(choice.order, packs, window))
    else:
        choice = _simple(series, demand_mean, inbound, window, packs, block, calendar)
    choice = replace(choice, reorder=_as_position(choice.reorder, block.complete, packs.whole))
    begun = roll.begun_share()
    return Decisions(
        demand_mean,
        cycle_level(interval_demand, np.full(len(demand), 0.5)),
        cycle_level(interval_demand, series.level),
        roll.begun(lead).mean(axis=1),
        roll.begun(until).mean(axis=1),
        roll.unmet(lead).mean(axis=1, dtype=np.float64),
        roll.unmet(until).mean(axis=1, dtype=np.float64),
        _first_period(begun, 0.1 - 1e-9),
        _first_period(begun, 0.5 - 1e-9),
        _first_period(begun, 0.9 - 1e-9),
        _first_period(begun, 1 - series.level + 1e-9),
        choice.raw,
        choice.reorder,
        choice.order,
        choice.last_case,
    )


def extended(mean: Floats, periods: int, calendar: Calendar) -> Floats:
    """Return mean demand for so many periods, its last season (seven days, or the last week) repeated."""
    season = min(7, mean.shape[1]) if calendar.frequency == "day" else 1
    short = max(periods - mean.shape[1], 0)
    return np.concatenate([mean, np.tile(mean[:, -season:], (1, -(-short // season)))[:, :short]], axis=1)[:, :periods]


def _cheapest(
    mean: Floats,
    roll: StockRoll,
    arrived: OwnWindow,
    storage: PeakStorage | None,
    packs: Packs,
    block: Block,
    calendar: Calendar,
    witness: Witness | None,
) -> Choice:
    """Return the cheapest orders. `arrived` is the own window by units that arrive; what is ordered may come in part only."""
    complete = block.complete

    def later(raw: Floats, reorder: Floats) -> tuple[NDArray[np.intp], OrderValue | None]:
        revision = 1 - (1 - WEEKLY_REVISION) ** (calendar.days / 7)
        rule = BaseRule(
            mean, block.lead, block.latest, block.review, block.interval, raw * complete, reorder * complete, calendar.days, revision
        )
        charged = rule.in_excess(roll)
        if not charged.size:
            return charged, None
        comes, stored = None if block.comes is None else block.comes[charged], None if storage is None else storage.of(charged)
        value = order_value(roll.of(charged), arrived.of(charged), rule.of(charged), comes, stored).per_unit_ordered(complete[charged])
        if witness is not None:
            witness.later = value
        return charged, value

    return cheapest(arrived.per_unit_ordered(complete), packs, later)


def _worth_its_line(
    choice: Choice, line: Floats, roll: StockRoll, window: OwnWindow, packs: Packs, calendar: Calendar, witness: Witness | None
) -> Choice:
    """Return the choice with the rows replaced whose order lines cost money."""
    rows = np.flatnonzero(line > 0)
    if not rows.size:
        return choice
    few = packs.of(rows)
    value = line_value(roll.of(rows), window.of(rows), line[rows], few.whole, calendar.days)
    if witness is not None:
        witness.line, witness.later = value, None
    paid = line_choice(value, few)
    for field in fields(Choice):
        getattr(choice, field.name)[rows] = getattr(paid, field.name)
    return choice


def _as_position(reorder: Floats, complete: Floats, whole: NDArray[np.bool_]) -> Floats:
    """Return reorder levels, found in units ordered, in units of the position: those that a supplier leaves out are no part of it."""
    position = reorder * complete
    return np.where(whole & (complete < 1), np.floor(position + 1e-6), position)


def _simple(
    series: Series,
    demand_mean: Floats,
    inbound: Floats | NDArray[np.float32],
    window: OwnWindow,
    packs: Packs,
    block: Block,
    calendar: Calendar,
) -> Choice:
    by_cost, periods = block.rule == "simple_cost", np.full(len(demand_mean), float(block.review))
    holding = window.holding_rates().mean(axis=0) if window.peak else series.holding
    share = critical_ratio(series.shortage, holding, periods) if by_cost else series.level
    spans = np.full(len(demand_mean), float(block.interval))
    level = simple_level(demand_mean, series.recent_mean, series.recent_sd, spans, series.lead_sd / calendar.days, share)
    if inbound.ndim == 2:
        coming = inbound[:, : block.interval].sum(axis=1)
    else:
        coming = inbound[: block.interval].sum(axis=0).mean(axis=1, dtype=np.float64)
    raw = (level - series.start - coming) / block.complete
    raw = np.where(series.whole, np.ceil(raw - 1e-6), raw)
    reorder, order = reorder_below(raw, packs.whole), raw
    if by_cost and series.line is not None:
        # A level that is reached less often must last longer: what is ordered on average is the economic order quantity.
        rate = demand_mean / block.interval
        more = np.maximum(order_quantity(series.line, rate, holding) - rate * block.review, 0)
        order = np.where(raw > 0, raw + np.where(series.whole, np.rint(more), more), raw)
    return Choice(order, reorder, raised_to_packs(order, packs), np.full(len(raw), np.nan))


def _first_period(begun: Floats, risk: Floats | float) -> Floats:
    """Return the first period by whose end the chance of unmet demand is above `risk`, −1 where none is."""
    reached = begun > risk
    return np.where(reached.any(axis=0), reached.argmax(axis=0), -1).astype(np.float64)
