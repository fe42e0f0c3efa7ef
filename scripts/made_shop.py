"""A made-up shop, small enough for a night in seconds: its history, its deliveries, and its nights, for tests and for trying."""

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from data.published import RunPaths, latest_run, read_frame, read_manifest, runs
from flows.cli.main import call
from flows.settings import Settings, load_settings

SHOP_FCS = {"N1": "north", "N2": "north", "S1": "south"}
SHOP_SKUS = [f"{number:03}" for number in range(1, 13)]
SHOP_FIRST, SHOP_LAST = date(2024, 4, 1), date(2024, 6, 23)
"""A Monday and a Sunday: twelve weeks, of which a night usually knows ten."""

SHOP_CONFIG = """\
name = "shop"
horizon = 14

[inputs]
path = "inputs"

[lake]
path = "lake"

[output]
path = "out"

[forecast]
paths = 64
threads = 1

[replenishment]
threads = 1
lead_time_days = 2
review_days = 1
overstock_days = 20
"""


@cache
def shop_sales() -> pl.DataFrame:
    """Sales of the shop on every day, before anyone has delivered them: Poisson, twice as much at weekends, 012 once in a while."""
    rng = np.random.default_rng(20240401)
    days = pl.date_range(SHOP_FIRST, SHOP_LAST, eager=True).to_list()
    rows = []
    for number, fc in enumerate(SHOP_FCS):
        for sku in SHOP_SKUS:
            rate = 0.1 if sku == "012" else 2.0 + int(sku) * (1 + number) / 3
            for day, units in zip(days, rng.poisson([rate * (2 if day.weekday() > 4 else 1) for day in days]), strict=True):
                rows.append({"date": day, "sku": sku, "fc": fc, "units": int(units)})
    return pl.DataFrame(rows)


def outcome_of(run: RunPaths) -> dict[str, pl.DataFrame]:
    """Return what must be the same whenever the same night is run: the published tables but for the run's id."""
    tables = {
        name: read_frame(run, name)
        for name in ("forecasts", "explanations", "recommendations", "stock_outlook", "alerts", "corrections", "plan_messages")
    }
    return {name: frame.drop("run_id", strict=False) for name, frame in tables.items()}


def same_night(a: RunPaths, b: RunPaths) -> bool:
    """Return whether two runs published the same."""
    ours, theirs = outcome_of(a), outcome_of(b)
    return all(ours[name].equals(theirs[name], null_equal=True) for name in ours)


@dataclass(frozen=True)
class Shop:
    """A shop with its own inputs, config, lake and output below `root`, all named from there, so that a copy is a shop too."""

    root: Path

    @property
    def inputs(self) -> Path:
        """Where its deliveries lie."""
        return self.root / "inputs"

    @property
    def config(self) -> Path:
        """Its config."""
        return self.root / "config.toml"

    @property
    def out(self) -> Path:
        """Where it publishes."""
        return self.root / "out"

    @property
    def lake(self) -> Path:
        """Its lake."""
        return self.root / "lake"

    def settings(self, *changes: str) -> Settings:
        """Return its settings, with `key=value` changes."""
        return load_settings(self.config, changes)

    def write(self, name: str, content: "str | bytes | pl.DataFrame | Sequence[dict[str, Any]]") -> Path:
        """Put a file into the inputs."""
        path = self.inputs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            (content if isinstance(content, pl.DataFrame) else pl.DataFrame(content)).write_csv(path)
        return path

    def deliver_sales(self, until: date, *, since: date = SHOP_FIRST) -> None:
        """Deliver the days of sales from `since` on as one file."""
        self.write(f"sales/until-{until}.csv", shop_sales().filter(pl.col("date").is_between(since, until)))

    def deliver_stock(self, day: date, on_hand: "dict[tuple[str, str], float] | None" = None) -> None:
        """Deliver a snapshot: some have plenty, some little, some nothing; `on_hand` says otherwise for (fc, sku)."""
        rows = [
            {"date": day, "sku": sku, "fc": fc, "on_hand": (on_hand or {}).get((fc, sku), math.floor(int(sku) * (int(sku) % 4) * 2.5))}
            for fc in SHOP_FCS
            for sku in SHOP_SKUS
        ]
        self.write(f"stock/{day}.csv", rows)

    def deliver_master(self) -> None:
        """Deliver what stays: locations, items, supply, and the inbound, plan and events known from the start."""
        self.write("locations.csv", [{"fc": fc, "region": region, "currency": "EUR"} for fc, region in SHOP_FCS.items()])
        self.write(
            "items.csv",
            [{"sku": sku, "name": f"Item {sku}", "category": f"C{int(sku) % 3}", "unit_cost": 4.0, "price": 9.0} for sku in SHOP_SKUS],
        )
        self.write("supply.csv", [{"sku": sku, "supplier": "Acme", "case_pack": 6, "holding_cost": 0.05} for sku in SHOP_SKUS])
        self.write("inbound.csv", [{"sku": "004", "fc": "N1", "units": 30, "expected_date": date(2024, 6, 12), "order_id": "PO-1"}])
        days = pl.date_range(SHOP_FIRST, SHOP_LAST + timedelta(days=20), eager=True).to_list()
        self.write("plan.csv", [{"date": day, "sku": "001", "promo": int(day.day % 10 == 0)} for day in days])
        self.write("events.csv", [{"date": date(2024, month, 1), "event": "pay day"} for month in (4, 5, 6, 7)])

    def open(self, until: date = date(2024, 6, 9)) -> "Shop":
        """Deliver everything known on the evening of `until`, a Sunday unless another day is given."""
        self.deliver_master()
        self.deliver_sales(until)
        self.deliver_stock(until)
        return self

    def call(self, command: str, *options: str) -> int:
        """Run a command on the shop's config in this process; return its exit code."""
        return self.fillrate(command, "config.toml", *options)

    def fillrate(self, *arguments: object) -> int:
        """Run `fillrate ARGUMENTS` in this process, in the shop's folder; return the exit code."""
        with contextlib.chdir(self.root):
            return call([str(argument) for argument in arguments])

    def night(self, *options: str, code: int = 0) -> RunPaths:
        """Run a night without Prefect; return the newest run there is, be it the latest or not."""
        assert self.call("run", "--direct", "--json", *options) == code
        return self.runs()[0]

    def runs(self) -> list[RunPaths]:
        """Return the published runs, the one published last first."""
        return sorted(runs(self.out), key=lambda run: run.manifest.stat().st_mtime_ns, reverse=True)

    def latest(self) -> RunPaths:
        """Return the run that the pointer names; there must be one."""
        run = latest_run(self.out)
        assert run is not None, "nothing has been published"
        return run

    def messages(self, code: str | None = None, run: RunPaths | None = None) -> list[dict[str, Any]]:
        """Return the plan messages of the run published last, all or those of a code."""
        rows = read_frame(run or self.runs()[0], "plan_messages").to_dicts()
        return [row for row in rows if code is None or row["code"] == code]

    def quarantine(self) -> list[dict[str, Any]]:
        """Return the rows of every file of the quarantine."""
        return pl.read_parquet(self.lake / "quarantine" / "**" / "*.parquet").to_dicts()

    def manifest(self) -> dict[str, Any]:
        """Return the manifest of the run published last."""
        return read_manifest(self.runs()[0])


def found_shop(root: Path) -> Shop:
    """Make a shop in a new folder: its config is there, nothing is delivered yet."""
    made = Shop(root)
    made.inputs.mkdir(parents=True)
    made.config.write_text(SHOP_CONFIG)
    return made
