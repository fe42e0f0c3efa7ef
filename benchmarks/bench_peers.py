"""fillrate beside mlforecast with LightGBM, statsforecast and stockpyl: time, memory, error, decisions a second, cost of decisions.

One run, by turns, on the same data, origin, horizon and judged rows. Each peer runs in an environment of its own, as its own guides set it
up (`benchmarks/peers/`, docs/benchmarks.md). Prints tables and writes a JSON; `--check` holds its ratios against the committed ones.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import make_inputs
from benchmarks.peers.environment import CACHE, installed
from benchmarks.peers.guard import lost
from benchmarks.peers.inputs import CASES, Case, terms_settings, write_inputs
from benchmarks.peers.scores import Terms, cost_of_levels, day_of_demand, errors, interval_demand, ratios
from benchmarks.peers.table import tables
from benchmarks.peers.tables import forecast_task, series_id
from benchmarks.timed_run import REPO, Timed, timed_run

COMMITTED = REPO / "benchmarks" / "results" / "peers.json"
FORECASTERS = ("mlforecast", "statsforecast")
TERMS = Terms()
OWN_PACKAGES = ("lightgbm", "polars", "numpy")


def own_turn(name: str, case: Case, inputs: Path) -> tuple[Timed, Path]:
    """Run fillrate's first night on an empty lake; return what it took and the folder of the run."""
    out = inputs.parent / "out" / name
    shutil.rmtree(out, ignore_errors=True)
    config = inputs.with_name(f"{name}.toml")
    command: list[str | Path] = [Path(sys.executable).with_name("fillrate"), "run", config, "--as-of", case.as_of.isoformat(), "--direct"]
    return _ended("fillrate", timed_run([*command, *terms_settings(TERMS)], quiet=True)), (out / "latest").resolve()


def peer_turn(peer: str, script: str, environments: Path, folder: Path) -> tuple[Timed, dict[str, Any]]:
    """Run a peer's script on a folder; return what it took and its notes. Its answer is in the folder."""
    for left in ("answer.parquet", "notes.json"):
        (folder / left).unlink(missing_ok=True)
    command: list[str | Path] = [installed(peer, environments), "-W", "ignore", "-m", f"benchmarks.peers.{script}", folder]
    ended = _ended(peer, timed_run(command))
    return ended, json.loads((folder / "notes.json").read_text(encoding="utf-8"))


def compare(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run every side on one data set, by turns, and return what was found."""
    case, source = CASES[name], make_inputs.DATA_SETS[name][1]
    inputs = write_inputs(name, options.to, options.series)
    folders = {peer: options.to / "peers" / name / peer for peer in FORECASTERS}
    for folder in folders.values():
        forecast_task(name, inputs, folder, case.as_of, case.horizon)
    timed: dict[str, list[Timed]] = {side: [] for side in ("fillrate", *FORECASTERS)}
    notes: dict[str, dict[str, Any]] = {"fillrate": _own_notes()}
    for _ in range(options.turns):
        ended, run = own_turn(name, case, inputs)
        timed["fillrate"].append(ended)
        for peer, folder in folders.items():
            ended, notes[peer] = peer_turn(peer, f"{peer}_forecasts", options.environments, folder)
            timed[peer].append(ended)
    forecasts = {"fillrate": pl.read_parquet(run / "forecasts.parquet").with_columns(series_id())}
    forecasts |= {peer: pl.read_parquet(folder / "answer.parquet") for peer, folder in folders.items()}
    actual = case.actual(source, inputs)
    series = forecasts["fillrate"]["unique_id"].n_unique()
    sides = {side: {**_took(timed[side], series), **notes[side], **errors(forecasts[side], actual)} for side in timed}
    stages = _stages(run)
    demand = interval_demand(actual, case.as_of, TERMS)
    orders = [_own_orders(run, stages["recommend"], demand)]
    for side, forecast in forecasts.items():
        asked, folder = day_of_demand(forecast, case.as_of, TERMS), options.to / "peers" / name / "stockpyl" / side
        orders.append({"rule": "stockpyl", "forecast": side, **_textbook_orders(asked, demand, options.environments, folder)})
    return {
        "series": series,
        "as_of": case.as_of.isoformat(),
        "horizon": case.horizon,
        "sides": sides,
        "orders": orders,
        "lightgbm_seconds": stages["lightgbm"],
        "over_lightgbm": sides["fillrate"]["seconds"] / stages["lightgbm"],
        "ratios": ratios(sides, orders),
    }


def _own_orders(run: Path, seconds: float, demand: pl.DataFrame) -> dict[str, Any]:
    """Return the row of fillrate's orders: nothing is in stock or on its way, so that an order is the level itself."""
    recommended = pl.read_parquet(run / "recommendations.parquet")
    found = cost_of_levels(recommended.select(series_id(), level="order_units"), demand, TERMS)
    return {"rule": "fillrate", "forecast": "fillrate", "decisions_a_second": recommended.height / seconds, "seconds": seconds, **found}


def _textbook_orders(asked: pl.DataFrame, demand: pl.DataFrame, environments: Path, folder: Path) -> dict[str, Any]:
    """Return what stockpyl's levels took and cost; asked: by `day_of_demand`."""
    folder.mkdir(parents=True, exist_ok=True)
    asked.write_parquet(folder / "history.parquet")
    ended, notes = peer_turn("stockpyl", "stockpyl_levels", environments, folder)
    found = cost_of_levels(pl.read_parquet(folder / "answer.parquet"), demand, TERMS)
    return {
        "decisions_a_second": asked.height / notes["work_seconds"],
        "seconds": ended.seconds,
        "processor_seconds": ended.processor_seconds,
        "peak_gb": ended.peak_gb,
        **notes,
        **found,
    }


def _stages(run: Path) -> dict[str, float]:
    """Return seconds of the ordering stage, and LightGBM's own seconds over all stages."""
    times = pl.read_parquet(run / "metrics.parquet").filter(pl.col("group") == "time")
    recommend = times.filter(pl.col("name") == "stage_seconds", pl.col("segment") == "recommend")["value"].item()
    lightgbm = times.filter(pl.col("name") == "lightgbm_seconds", pl.col("segment").is_null())["value"].item()
    return {"recommend": recommend, "lightgbm": lightgbm}


def _own_notes() -> dict[str, Any]:
    """Return processor seconds of fillrate's imports, and versions, as peers tell them."""
    imports = _ended("fillrate", timed_run([sys.executable, "-c", "import flows.cli.nights"]))
    return {"import_seconds": imports.processor_seconds, "versions": {name: version(name) for name in ("fillrate", *OWN_PACKAGES)}}


def _took(turns: list[Timed], series: int) -> dict[str, float]:
    seconds = statistics.median(turn.seconds for turn in turns)
    processor = statistics.median(turn.processor_seconds for turn in turns)
    return {
        "seconds": seconds,
        "processor_seconds": processor,
        "peak_gb": max(turn.peak_gb for turn in turns),
        "series_a_second": series / seconds,
    }


def _ended(side: str, ended: Timed) -> Timed:
    if ended.code:
        raise SystemExit(f"bench_peers: {side} ended with exit code {ended.code}")
    return ended


def check(results: Mapping[str, Any]) -> int:
    """Hold the ratios against the committed ones, print what got worse, and return the exit code."""
    if not COMMITTED.is_file():
        print(f"bench_peers: nothing to compare with: write {COMMITTED} with --write", file=sys.stderr)
        return 1
    try:
        worse = lost(results, json.loads(COMMITTED.read_text(encoding="utf-8")))
    except ValueError as error:
        print(f"bench_peers: not comparable: {error}", file=sys.stderr)
        return 1
    for line in worse:
        print(f"bench_peers: worse than {COMMITTED.relative_to(REPO)}: {line}", file=sys.stderr)
    if not worse:
        print(f"\nbench_peers: no ratio is worse than in {COMMITTED.relative_to(REPO)}")
    return 1 if worse else 0


def main() -> int:
    """Run the comparison and print its tables; the exit code is 1 where `--check` finds a ratio worse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-set", choices=[*CASES], action="append", help="this one alone; may be given again (default: all)")
    parser.add_argument("--series", type=int, help="this many series a data set at most, for a quick look (default: all)")
    parser.add_argument("--turns", type=int, default=1, help="turns of every side; the median time counts (default: 1)")
    parser.add_argument("--to", type=Path, default=REPO / "out" / "bench_peers", help="folder of inputs, answers and peers.json")
    parser.add_argument("--environments", type=Path, default=CACHE, help="folder of the peers' environments, kept for the next time")
    parser.add_argument("--check", action="store_true", help="fail where a ratio is worse than the committed one beyond its tolerance")
    parser.add_argument("--write", action="store_true", help=f"write the results to {COMMITTED.relative_to(REPO)}, to be committed")
    options = parser.parse_args()
    options.to = options.to.resolve()
    names = [name for name in options.data_set or CASES if make_inputs.DATA_SETS[name][1].exists()]
    for name in set(options.data_set or CASES).difference(names):
        print(f"bench_peers: {name} skipped: nothing at {make_inputs.DATA_SETS[name][1]}")
    if not names:
        return 0
    for peer in (*FORECASTERS, "stockpyl"):
        installed(peer, options.environments)
    load = os.getloadavg()[0]
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "load": round(load, 2),
        "series": options.series,
        "turns": options.turns,
        "terms": {"lead_time": TERMS.lead_time, "review": TERMS.review, "holding": TERMS.holding, "shortage": TERMS.shortage},
        "data_sets": {},
    }
    for name in names:
        results["data_sets"][name] = compare(name, options)
        _write(results, options.to / "peers.json")
    print(tables(results))
    code = check(results) if options.check else 0
    if options.write:
        _write(results, COMMITTED)
    return code


def _write(results: Mapping[str, Any], place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(_rounded(results), indent=2) + "\n", encoding="utf-8")


def _rounded(found: Any) -> Any:
    """Return the same with six significant digits of every fraction."""
    if isinstance(found, dict):
        return {name: _rounded(value) for name, value in found.items()}
    if isinstance(found, list):
        return [_rounded(value) for value in found]
    return float(f"{found:.6g}") if isinstance(found, float) else found


if __name__ == "__main__":
    sys.exit(main())
