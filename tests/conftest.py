"""Small made-up histories, laid out by the real code, for features and models; a small made-up shop for whole nights."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import polars as pl
import pytest

from data.contracts import INPUT_TABLES
from data.published import RunPaths
from features.cadence import Cadence, cadence_of
from features.matrix import PreparedPanel, prepare_panel
from features.panel import Panel, build_panel
from scripts.made_shop import Shop, found_shop, outcome_of, same_night
from scripts.object_store import ObjectStore, missing_programs, object_store
from scripts.postgres_server import NoServer, PostgresServer
from scripts.postgres_server import postgres_server as running_postgres

# How long an example takes depends on what else the machine does, and says nothing of the code.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")

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
    history: int | None = None

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
            history=self.history,
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
    # The fair is often enough to learn from within the first half of the example, the coronation is not.
    events = [{"date": day, "event": "fair", "region": [None, "north"][k % 2]} for k, day in enumerate(dates[1::8])]
    events += [{"date": dates[k], "event": "coronation"} for k in (20, -3)]
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


@dataclass(frozen=True)
class Ended:
    """What a command in a process of its own left: exit code and both streams."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def new_shop(tmp_path: Path) -> Callable[[str], Shop]:
    """Make a shop of a given name: its config is there, nothing is delivered yet."""

    def make(name: str = "shop") -> Shop:
        return found_shop(tmp_path / name)

    return make


@pytest.fixture
def shop(new_shop: Callable[..., Shop]) -> Shop:
    """A shop that has delivered everything known on the evening of Sunday, 9 June 2024, and has not run yet."""
    return new_shop().open()


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a shop that has run its first night, as of 9 June; to be copied, never used."""
    made = found_shop(tmp_path_factory.mktemp("first-night") / "shop")
    made.open().night()
    return made.root


@pytest.fixture(scope="session")
def shop_at() -> type[Shop]:
    """The shop below a folder."""
    return Shop


@pytest.fixture
def ran(first_night: Path, tmp_path: Path) -> Shop:
    """A shop that has run its first night, as of Sunday, 9 June 2024."""
    shutil.copytree(first_night, tmp_path / "ran", symlinks=True)
    return Shop(tmp_path / "ran")


@pytest.fixture(scope="session")
def begin() -> Callable[..., subprocess.Popen[str]]:
    """Begin `fillrate ARGUMENTS` in a process of its own, in the folder `cwd`; the shop's where a shop is given."""

    def start(where: Path | Shop, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [Path(sys.executable).with_name("fillrate"), *map(str, arguments)],
            cwd=where.root if isinstance(where, Shop) else where,
            env={**os.environ, "COLUMNS": "120", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def fillrate(begin: Callable[..., subprocess.Popen[str]]) -> Callable[..., Ended]:
    """Run `fillrate ARGUMENTS` in a process of its own, to its end."""

    def run(where: Path | Shop, *arguments: object, **environment: str) -> Ended:
        process = begin(where, *arguments, **environment)
        out, err = process.communicate(timeout=120)
        return Ended(process.returncode, out, err)

    return run


@pytest.fixture(scope="session")
def same() -> Callable[[RunPaths, RunPaths], bool]:
    return same_night


@pytest.fixture(scope="session")
def published_by() -> Callable[[RunPaths], dict[str, pl.DataFrame]]:
    return outcome_of


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the whole session; without one the tests that need it are skipped."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(running_postgres())
        except NoServer as reason:
            pytest.skip(str(reason))
        yield server


@pytest.fixture
def postgres(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresServer]:
    """The server with an empty database `shop`, to which the environment leads."""
    postgres_server.execute("CREATE DATABASE shop")
    monkeypatch.setenv("FILLRATE_DATABASE_URL", postgres_server.url("shop"))
    yield postgres_server
    postgres_server.execute("DROP DATABASE shop WITH (FORCE)")


@pytest.fixture(scope="session")
def object_store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A real object store on loopback."""
    if missing := missing_programs():
        pytest.skip(f"{missing[0]} is not installed: scripts/install_object_store installs it")
    with object_store(tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture
def bucket(object_store_server: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty bucket of its own, which this process and those it starts may use."""
    for name, value in object_store_server.environment.items():
        monkeypatch.setenv(name, value)
    name = f"test-{uuid.uuid4().hex}"
    object_store_server.make_bucket(name)
    return f"s3://{name}"
