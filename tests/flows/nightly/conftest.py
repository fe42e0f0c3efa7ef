"""A company small enough for a night in seconds, and a Prefect server for the whole test session."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import polars as pl
import pytest

from flows.prefect_server import temporary_server
from flows.settings import Settings, load_settings

DAYS = 63
LAST = date(2024, 6, 30)


def write_inputs(folder: Path, items: int = 5) -> None:
    """Two regions of two fcs with five items each or more: sales, hours in stock, stock, supply terms and locations."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(11)
    places = {"E1": "east", "E2": "east", "W1": "west", "W2": "west"}
    sales, stock = [], []
    for fc in places:
        for item in range(items):
            rate = rng.uniform(2, 9)
            units = rng.poisson(rate * (1 + 0.4 * (np.arange(DAYS) % 7 > 4)))
            days = [LAST - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
            sales += [{"date": day, "sku": f"{item:03}", "fc": fc, "units": int(n)} for day, n in zip(days, units, strict=True)]
            stock.append({"date": LAST, "sku": f"{item:03}", "fc": fc, "on_hand": int(rng.integers(0, 4 * rate))})
    pl.DataFrame(sales).write_csv(folder / "sales.csv")
    pl.DataFrame(sales[::9]).select("date", "sku", "fc", in_stock=0.5).write_csv(folder / "availability.csv")
    pl.DataFrame(stock).write_csv(folder / "stock.csv")
    pl.DataFrame({"fc": list(places), "region": list(places.values())}).write_csv(folder / "locations.csv")
    terms = {"lead_time_days": 3, "review_days": 1, "case_pack": 6, "holding_cost": 0.02, "shortage_cost": 1.0}
    pl.DataFrame([{"sku": f"{item:03}", **terms} for item in range(items)]).write_csv(folder / "supply.csv")


@dataclass(frozen=True)
class Company:
    """A folder with inputs and a config of its own; lake and runs are inside."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "company.toml"

    @property
    def inputs(self) -> Path:
        return self.folder / "inputs"

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    def settings(self, *changes: str) -> Settings:
        return load_settings(self.config, changes)


def found_company(folder: Path, items: int = 5) -> Company:
    write_inputs(folder / "inputs", items)
    lines = ['name = "company"', "horizon = 7", f'inputs.path = "{folder}/inputs"', f'lake.path = "{folder}/lake"']
    lines += [f'output.path = "{folder}/out"', "forecast.threads = 1", "forecast.paths = 64", "replenishment.threads = 1"]
    (folder / "company.toml").write_text("\n".join(lines))
    return Company(folder)


@pytest.fixture(scope="session")
def company_at() -> Callable[..., Company]:
    """Found a company in a folder, with more items where a night must take its time."""
    return found_company


@pytest.fixture
def make_company(tmp_path: Path) -> Callable[[str], Company]:
    return lambda name: found_company(tmp_path / name)


@pytest.fixture
def company(make_company: Callable[[str], Company]) -> Company:
    return make_company("company")


@dataclass(frozen=True)
class Api:
    """A Prefect server as its users' programs see it."""

    url: str

    def ask(self, path: str, question: dict[str, Any] | None = None) -> Any:
        # Asked again where the server is busy: its database takes one writer at a time, and it says 503 to the others.
        with httpx.Client(trust_env=False, timeout=30) as client:
            for _ in range(20):
                answer = client.get(self.url + path) if question is None else client.post(self.url + path, json=question)
                if answer.status_code != 503:
                    break
                time.sleep(0.5)
        return answer.raise_for_status().json()

    def newest_flow_run(self) -> dict[str, Any]:
        return dict(self.ask("/flow_runs/filter", {"sort": "START_TIME_DESC", "limit": 1})[0])

    def task_runs(self, flow_run: str) -> dict[str, dict[str, Any]]:
        found = self.ask("/task_runs/filter", {"flow_runs": {"id": {"any_": [flow_run]}}})
        return {run["name"]: run for run in found}


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server, and this process set up as one that the user pointed at a server before Prefect was imported."""
    with pytest.MonkeyPatch.context() as patch, temporary_server() as server:
        for name in [name for name in os.environ if name.startswith("PREFECT_")]:
            patch.delenv(name)
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        patch.setenv("DO_NOT_TRACK", "1")
        server.wait()
        yield server.url
        from prefect.logging.handlers import APILogHandler

        # What is still to be logged when the server has gone would hold up the end of the process.
        APILogHandler().flush()


@pytest.fixture(scope="session")
def server_api() -> type[Api]:
    """The programs' view of the server at an address."""
    return Api


@pytest.fixture
def api(server_url: str, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The server, configured."""
    monkeypatch.setenv("PREFECT_API_URL", server_url)
    return Api(server_url)


@pytest.fixture
def no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No server configured, in an empty home."""
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home
