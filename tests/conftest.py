"""Small made-up histories, laid out by the real code: what the tests of features and models start from."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from data.contracts import INPUT_TABLES
from features.cadence import Cadence, cadence_of
from features.matrix import PreparedPanel, prepare_panel
from features.panel import Panel, build_panel

END = date(2024, 6, 30)
"""A Sunday; the last week begins on the 24th."""


def table(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of an input table; columns that are not given are null."""
    return pl.DataFrame(rows, schema=INPUT_TABLES[name].create_empty().schema)


@dataclass(frozen=True)
class History:
    """The input tables of one region and how its panel is laid out; all but the demand may be empty."""

    demand: pl.DataFrame
    items: pl.DataFrame = field(default_factory=lambda: table("items", []))
    plan: pl.DataFrame = field(default_factory=lambda: table("plan", []))
    events: pl.DataFrame = field(default_factory=lambda: table("events", []))
    drivers: pl.DataFrame = field(default_factory=lambda: table("drivers", []))
    known_ahead: tuple[str, ...] = ()
    cadence: Cadence = field(default_factory=lambda: cadence_of("day"))
    end: date = END
    horizon: int = 10
    region: str = "north"

    def but(self, **changes: object) -> "History":
        return replace(self, **changes)

    def panel(self) -> Panel:
        return build_panel(
            self.demand,
            items=self.items,
            plan=self.plan,
            events=self.events,
            drivers=self.drivers,
            region=self.region,
            known_ahead=self.known_ahead,
            end=self.end,
            cadence=self.cadence,
            horizon=self.horizon,
        )

    def prepared(self) -> PreparedPanel:
        return prepare_panel(self.panel())


def demand_rows(series: dict[tuple[str, str], list[float | None]], *, end: date = END, step: int = 1) -> pl.DataFrame:
    """Demand of each (fc, sku), oldest first, the last on `end`; None is a period out of stock for half its time that sold 1."""
    rows = []
    for (fc, sku), values in sorted(series.items()):
        for back, value in zip(range(len(values) - 1, -1, -1), values, strict=True):
            rows.append(
                {
                    "fc": fc,
                    "sku": sku,
                    "date": end - timedelta(days=step * back),
                    "demand": value,
                    "demand_at_least": 1.0 if value is None else value,
                    "in_stock_share": 0.5 if value is None else 1.0,
                }
            )
    schema = {
        "fc": pl.String,
        "sku": pl.String,
        "date": pl.Date,
        "demand": pl.Float64,
        "demand_at_least": pl.Float64,
        "in_stock_share": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema)


def random_history(seed: int, *, periods: int = 75, fcs: int = 2, skus: int = 4, horizon: int = 10, frequency: str = "day") -> History:
    """A region of `fcs` × `skus` series of different lengths, some ended, with stock-outs, plan, events and drivers."""
    rng = np.random.default_rng(seed)
    cadence = cadence_of(frequency)  # type: ignore[arg-type]
    step = cadence.step_days
    end = END if frequency == "day" else END - timedelta(days=6)
    dates = [end + timedelta(days=step * k) for k in range(1 - periods, horizon + 1)]
    demand = []
    for fc in range(fcs):
        for sku in range(skus):
            begin = int(rng.integers(0, periods // 2)) if sku % 2 else 0
            stop = periods - int(rng.integers(1, periods // 3)) if sku == 3 and fc == 0 else periods
            n = stop - begin
            sold = rng.poisson(rng.uniform(0.3, 12), n).astype(float)
            share = np.where(rng.random(n) < 0.25, rng.uniform(0, 0.9, n).round(2), 1.0)
            demand.append(
                pl.DataFrame({"date": dates[begin:stop], "demand_at_least": sold, "in_stock_share": share}).select(
                    pl.lit(f"F{fc}").alias("fc"),
                    pl.lit(f"S{sku}").alias("sku"),
                    pl.col("date"),
                    pl.when(pl.col("in_stock_share") == 1).then("demand_at_least").alias("demand"),
                    "demand_at_least",
                    "in_stock_share",
                )
            )
    items = [{"sku": f"S{k}", "category": [None, "fruit", "fruit", "bread"][k % 4], "subcategory": f"C{k % 2}"} for k in range(skus)]
    plan = [
        {
            "date": day,
            "sku": f"S{k}",
            "price": round(float(rng.uniform(1, 9)), 2),
            "promo": float(rng.random() < 0.3),
            "ad_spend": float(rng.integers(0, 50)),
        }
        for day in dates
        for k in range(0, skus, 2)
    ]
    events = [{"date": day, "event": f"fair {k % 3}", "region": [None, "north"][k % 2]} for k, day in enumerate(dates[4::9])]
    drivers = [
        {"date": day, "name": name, "value": float(rng.normal(15, 5)), "region": region}
        for day in dates
        for name, region in (("rain", None), ("search", None), ("rain", "north"))
        if rng.random() < 0.9
    ]
    return History(
        demand=pl.concat(demand).sort("fc", "sku", "date"),
        items=table("items", items),
        plan=table("plan", plan),
        events=table("events", events),
        drivers=table("drivers", drivers),
        known_ahead=("rain",),
        cadence=cadence,
        end=end,
        horizon=horizon,
    )


@pytest.fixture(scope="session")
def make_history() -> Callable[..., History]:
    return random_history


@pytest.fixture(scope="session")
def make_demand() -> Callable[..., pl.DataFrame]:
    return demand_rows


@pytest.fixture(scope="session")
def make_table() -> Callable[[str, list[dict[str, object]]], pl.DataFrame]:
    return table


@pytest.fixture(scope="session")
def history_of() -> type[History]:
    return History
