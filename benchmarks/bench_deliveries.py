"""A synthetic year in which deliveries take one, two or three weeks or never come, two being promised.

Both sides order every Monday for every item, know the same demand distribution, start from the same stock, and meet the same demand and
the same fate of the order of an item and a week. Base-stock orders up to mean + z·sigma·sqrt(L + R) for the promised two weeks plus the
week between orders, z from the critical ratio, and counts everything on its way (Snyder and Shen 2019, section 4.3.4). fillrate decides by
`recommend`: it knows the promise at first, and then what its receipts have taught it by each night.

A line that never comes stays on the way for both until it is given up four weeks after its promise, and then is ordered anew or not.
Unmet demand is lost. Profit is margin × units sold − holding; units that never come are not paid for. The costs are those of an ordinary
shop: bought for 6, sold for 10, held at a quarter of the cost a year and as much again for storage.
"""

import argparse
import sys
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import nbinom, norm

from data.contracts import Inbound, Receipts
from data.position import StockPosition
from models.contracts import SeriesProfile
from models.recommendations import recommend
from models.replay.simulator import NEVER, StockSimulator
from models.settings import ReplenishmentSettings

Floats = NDArray[np.float64]

BEGINS = date(2023, 1, 2)
DAYS, HORIZON, PROMISED, REVIEW, GIVE_UP = 364, 28, 14, 7, 28
PRICE, COST, YEARLY_HOLDING = 10.0, 6.0, 0.5
FATES = (7, 14, 21, NEVER)

SHARES = {
    "even chances": (0.25, 0.25, 0.25, 0.25),
    "one in ten lost": (0.25, 0.45, 0.2, 0.1),
    "one in twenty lost": (0.15, 0.65, 0.15, 0.05),
    "all as promised": (0.0, 1.0, 0.0, 0.0),
}
"""Chances of one, two and three weeks and of never. The first is the benchmark; the others say how it depends on them."""


@dataclass(frozen=True)
class World:
    """What happens in the year.

    mean: expected demand, shape (items, more days than the year), units; spread: successes of the negative binomial, shape (items,);
    demand: what is wanted, shape (items, days); fate: days that an order placed on a day takes, or NEVER, same shape.
    """

    mean: Floats
    spread: Floats
    demand: Floats
    fate: NDArray[np.int64]

    def variance(self, first: int, last: int) -> Floats:
        """Return the variance of demand from one day to the day before another, shape (items,)."""
        mean = self.mean[:, first:last]
        return np.asarray((mean + mean**2 / self.spread[:, None]).sum(axis=1), dtype=np.float64)


def world(items: int, shares: tuple[float, ...], seed: int) -> World:
    """Return a year: negative binomial demand with a weekly and a yearly season of each item's own phase."""
    rng = np.random.default_rng(seed)
    level, spread = rng.gamma(1.2, 2.5, items) + 0.2, rng.uniform(0.8, 3.0, items)
    day = np.arange(DAYS + 2 * HORIZON + PROMISED)
    week = np.array([1.0, 0.9, 0.9, 1.0, 1.2, 1.3, 0.7])
    year = 1 + 0.3 * np.sin(2 * np.pi * (day / 365 + rng.random((items, 1))))
    mean = level[:, None] * week[day % 7] * year
    demand = rng.negative_binomial(spread[:, None], spread[:, None] / (spread[:, None] + mean[:, :DAYS])).astype(float)
    return World(mean, spread, demand, rng.choice(FATES, size=(items, DAYS), p=shares))


@dataclass(frozen=True)
class KnownPaths:
    """Sample paths of the true demand from a day on."""

    world: World
    day: int
    paths: int

    def sample(self, rows: NDArray[np.intp], periods: int) -> NDArray[np.float32]:
        """Return demand of some items, shape (rows, paths, periods)."""
        found = np.empty((len(rows), self.paths, periods), dtype=np.float32)
        for place, row in enumerate(rows.tolist()):
            mean = np.resize(self.world.mean[row, self.day :], periods)
            n = self.world.spread[row]
            uniform = np.random.default_rng([self.day, row]).random((periods, self.paths)).T
            table = nbinom.cdf(np.arange(400), n, (n / (n + mean))[:, None])
            for period in range(periods):
                found[place, :, period] = np.searchsorted(table[period], uniform[:, period])
        return found


class Shop:
    """One side's stock through the year, with the record of its order lines."""

    def __init__(self, known: World, on_hand: Floats) -> None:
        self.world, self.stock = known, StockSimulator(on_hand, lost=True, give_up=GIVE_UP)
        self.lines: list[tuple[NDArray[np.intp], int, Floats]] = []
        self.sold, self.held = np.zeros(len(on_hand)), np.zeros(len(on_hand))

    def play(self, orders: Floats | None) -> None:
        """Place orders, where it is a day for them, and play the day."""
        day = self.stock.period
        if orders is not None:
            fate = self.world.fate[:, day]
            self.stock.place(orders, np.full(len(orders), day + PROMISED), np.where(fate == NEVER, NEVER, day + fate))
            rows = np.flatnonzero(orders > 0)
            self.lines.append((rows, day, orders[rows]))
        outcome = self.stock.step(self.world.demand[:, day])
        self.sold += outcome.met
        self.held += outcome.left

    @property
    def profit(self) -> Floats:
        """Money per item."""
        return (PRICE - COST) * self.sold - COST * YEARLY_HOLDING / 365 * self.held

    def receipts(self) -> pl.DataFrame:
        """Return the order lines as the morning of the current day knows them."""
        today, parts = self.stock.period, []
        for rows, day, units in self.lines:
            fate = self.world.fate[rows, day]
            came = (fate != NEVER) & (day + fate < today)
            parts.append(
                pl.DataFrame(
                    {
                        "sku": names(rows),
                        "ordered_date": pl.Series([on(day)]).new_from_index(0, len(rows)),
                        "promised_date": pl.Series([on(day + PROMISED)]).new_from_index(0, len(rows)),
                        "received_date": pl.Series(
                            [on(day + int(n)) if there else None for n, there in zip(fate, came, strict=True)], dtype=pl.Date
                        ),
                        "units_ordered": units,
                    }
                )
            )
        return filled(Receipts.create_empty(), pl.concat(parts)) if parts else Receipts.create_empty()

    def inbound(self) -> pl.DataFrame:
        """Return what is on its way."""
        lines = self.stock.open_lines
        dates = {
            "expected_date": pl.Series([on(int(day)) for day in lines.promised], dtype=pl.Date),
            "ordered_date": pl.Series([on(int(day)) for day in lines.ordered], dtype=pl.Date),
        }
        return filled(Inbound.create_empty(), pl.DataFrame({"sku": names(lines.row), "units": lines.units, **dates}))


def base_stock_orders(known: World, stock: StockSimulator) -> Floats:
    """Return orders up to the textbook level for the promised lead time."""
    first, last = stock.period, stock.period + PROMISED + REVIEW
    holding = COST * YEARLY_HOLDING / 365
    z = norm.ppf((PRICE - COST) / (PRICE - COST + holding * REVIEW))
    level = known.mean[:, first:last].sum(axis=1) + z * np.sqrt(known.variance(first, last))
    return np.asarray(np.maximum(np.ceil(level - stock.position), 0.0), dtype=np.float64)


def fillrate_orders(known: World, shop: Shop, paths: int, seed: int) -> Floats:
    """Return the orders that fillrate recommends on the morning of the current day."""
    day, items = shop.stock.period, len(known.mean)
    as_of, sku = on(day - 1), names(np.arange(items))
    mean, week = known.mean[:, day : day + HORIZON + PROMISED], known.mean[:, day : day + 7]
    profile = pl.DataFrame(
        {"sku": sku, "mean_demand": week.mean(axis=1), "sd_demand": np.sqrt(known.variance(day, day + 7) / 7)}
    ).with_columns(
        fc=pl.lit("f"), region=pl.lit("r"), whole_units=True, calibrated=True, errors_measured=True, model=pl.lit("known"), active=True
    )
    positions = pl.DataFrame({"sku": sku, "on_hand": shop.stock.on_hand}).with_columns(
        fc=pl.lit("f"),
        snapshot_date=pl.lit(as_of),
        reserved_becoming_sellable=0.0,
        backordered=0.0,
        age_days=pl.lit(0, dtype=pl.Int64),
        stock_rolled_forward=False,
    )
    settings = ReplenishmentSettings(
        shortage_cost=PRICE - COST,
        holding_cost=COST * YEARLY_HOLDING / 365,
        lead_time_days=PROMISED,
        review_days=REVIEW,
    )
    found, _ = recommend(
        run_id="bench",
        as_of=as_of,
        frequency="day",
        horizon=HORIZON,
        profile=profile.select(SeriesProfile.column_names()),
        mean=mean,
        paths=KnownPaths(known, day, paths),
        positions=positions.select(StockPosition.column_names()),
        inbound=shop.inbound(),
        supply=None,
        items=None,
        receipts=shop.receipts(),
        overrides=None,
        previous=None,
        settings=settings,
        rng_seed=seed,
    )
    return found.sort("sku")["order_units"].to_numpy()


def names(rows: NDArray[np.intp]) -> list[str]:
    """Return sorted names of items."""
    return [f"{row:06}" for row in rows.tolist()]


def on(day: int) -> date:
    """Return the date of a day of the year."""
    return BEGINS + timedelta(days=day)


def filled(empty: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Return a table of the contract from the columns that are there."""
    return pl.concat([empty, given.with_columns(fc=pl.lit("f"))], how="diagonal_relaxed").select(empty.columns)


def play(items: int, shares: tuple[float, ...], paths: int, seed: int) -> tuple[Floats, Floats, Shop, Shop]:
    """Return profit per item of fillrate and of base-stock, and both shops."""
    known = world(items, shares, seed)
    on_hand = np.ceil(known.mean[:, : PROMISED + REVIEW].sum(axis=1))
    own, trusting = Shop(known, on_hand), Shop(known, on_hand)
    for day in range(DAYS):
        due = day % REVIEW == 0
        own.play(fillrate_orders(known, own, paths, seed) if due else None)
        trusting.play(base_stock_orders(known, trusting.stock) if due else None)
    return own.profit, trusting.profit, own, trusting


def main(arguments: list[str]) -> int:
    """Play the year under each set of chances and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=400)
    parser.add_argument("--paths", type=int, default=256)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--first", action="store_true", help="only the benchmark's own chances")
    asked = parser.parse_args(arguments)
    for name, shares in list(SHARES.items())[: 1 if asked.first else None]:
        own, trusting, shop, other = play(asked.items, shares, asked.paths, asked.seed)
        drawn = np.random.default_rng(asked.seed).integers(0, asked.items, (1_000, asked.items))
        ratios = own[drawn].sum(axis=1) / trusting[drawn].sum(axis=1)
        wanted = shop.world.demand.sum()
        print(f"{name}: fillrate {own.sum():,.0f}, base-stock {trusting.sum():,.0f}")
        print(f"  better by {own.sum() / trusting.sum() - 1:+.1%} ± {ratios.std(ddof=1):.1%} of base-stock's profit")
        print(f"  share of demand sold {shop.sold.sum() / wanted:.3f} against {other.sold.sum() / wanted:.3f}")
        print(f"  all demand is worth {(PRICE - COST) * wanted:,.0f} before holding")
        print(f"  units held on average {shop.held.sum() / DAYS:,.0f} against {other.held.sum() / DAYS:,.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
