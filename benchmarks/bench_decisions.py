"""50,000 decisions on 500 sample paths with lead times that vary: seconds, processor seconds, peak memory, decisions per second."""

import argparse
import resource
import sys
import time
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from benchmarks.timed_run import timed_run
from models.demand_paths import ForecastPaths
from models.ordering.calendar import Calendar
from models.ordering.decide import Series, decide
from models.predictive import HeldBack, build_library

Floats = NDArray[np.float64]

ROWS, PATHS, THREADS, SEED = 50_000, 500, 2, 7

CASES = {"short": (14, 7, 40.0), "long": (60, 14, 150.0)}
"""Lead time and review period in days, and the seconds that 50,000 decisions may take."""

MOST_GB = 4.0
PERIODS, HELD_BACK = 28, 20_000
"""Days forecast; series × windows from whose errors paths are made."""

CANDIDATES = 20
"""Whole cases up to the most units of an order line."""


def main() -> int:
    """Time each case in a process of its own, or one of them in this one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?", choices=sorted(CASES), help="time this case alone, in this process")
    parser.add_argument("--rows", type=int, default=ROWS, help="sku × fc decided for")
    asked = parser.parse_args()
    if asked.case:
        decide_case(asked.case, asked.rows)
        return 0
    missed = 0
    for case, (_, _, most) in CASES.items():
        ended = timed_run([sys.executable, "-m", "benchmarks.bench_decisions", case, "--rows", str(asked.rows)])
        if ended.code:
            return ended.code
        fits = ended.seconds <= most * asked.rows / ROWS and ended.peak_gb <= MOST_GB
        missed += not fits
        verdict = "within" if fits else "ABOVE"
        print(f"  whole process {ended.seconds:.1f} s, peak {ended.peak_gb:.2f} GB: {verdict} {most:g} s, {MOST_GB:g} GB")
    return 1 if missed else 0


def decide_case(case: str, rows: int) -> None:
    """Decide for so many rows and print what it took, sample paths included."""
    lead, review, _ = CASES[case]
    paths, series = made_paths(rows), made_series(rows, lead, review)
    begun, used = time.perf_counter(), _processor_seconds()
    found = decide(series, paths, Calendar(date(2024, 4, 14), "day"), horizon=28, lost=True, measure="cycle", threads=THREADS)
    seconds, spent = time.perf_counter() - begun, _processor_seconds() - used
    ordered = float((found.order > 0).mean())
    print(
        f"{case}: L {lead}, R {review} days, {rows:,} rows × {PATHS} paths: {seconds:.1f} s, {spent:.1f} s of processor time, "
        f"{rows / seconds:,.0f} decisions a second; {ordered:.0%} order, {found.order.sum():,.0f} units"
    )


def made_paths(rows: int) -> ForecastPaths:
    """Return paths of whole units, as a night makes them: forecasts of fast and slow items times blocks of errors of their segment."""
    rng = np.random.default_rng(SEED)
    library = build_library(_held_back(rng), rng)
    assert library is not None, "there are windows enough for segments"
    level, spread = _levels(rows, np.random.default_rng(SEED + 2))
    return ForecastPaths(
        mean=level[:, None] * _season(),
        segment=library.segments.of(level, spread),
        keys=rng.integers(0, 2**63, rows, dtype=np.uint64),
        whole_units=np.ones(rows, dtype=bool),
        library=library,
        season=7,
        paths=PATHS,
    )


def made_series(rows: int, lead: int, review: int) -> Series:
    """Return terms under which most rows order some of their candidates: stock of up to two intervals, some of it on the way."""
    rng = np.random.default_rng(SEED + 1)
    level, spread = _levels(rows, np.random.default_rng(SEED + 2))
    mean = level[:, None] * _season()
    lines = rng.choice(rows, rows // 2, replace=False)
    units = np.rint(level[lines] * review)
    inbound = csr_array((units, (lines, rng.integers(0, lead, len(lines)))), shape=(rows, 4_000))
    case = np.maximum(np.rint(level * review * 4 / CANDIDATES), 1.0)
    return Series(
        start=np.rint(level * rng.uniform(0, 1.5 * (lead + review), rows)),
        inbound=inbound,
        lead_mean=np.full(rows, float(lead)),
        lead_sd=np.full(rows, lead / 5),
        keys=rng.integers(0, 2**63, rows, dtype=np.uint64),
        review=np.full(rows, review),
        shortage=rng.uniform(1, 5, rows),
        holding=rng.uniform(0.01, 0.05, rows),
        level=np.full(rows, 0.95),
        case=case,
        least=np.zeros(rows),
        most=case * CANDIDATES,
        whole=np.ones(rows, dtype=bool),
        rule=np.full(rows, "cost"),
        mean=mean,
        recent_mean=level,
        recent_sd=level * spread,
        multiplier=np.ones(rows),
    )


def _levels(rows: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return mean demand a day, units, and its spread ÷ mean, shape (rows,)."""
    return rng.gamma(0.7, 6.0, rows) + 0.05, rng.uniform(0.3, 2.0, rows)


def _season() -> Floats:
    return np.resize([1.3, 1.0, 0.7, 0.8, 1.0, 1.1, 1.1], PERIODS)


def _held_back(rng: np.random.Generator) -> HeldBack:
    """Return held-back windows in which the days of a window go up and down together."""
    level, spread = _levels(HELD_BACK, rng)
    mean = level[:, None] * _season()
    common = rng.gamma(9, 1 / 9, (HELD_BACK, 1))
    demand = rng.poisson(mean * common * rng.gamma(1 / spread[:, None], spread[:, None], mean.shape)).astype(float)
    return HeldBack(mean, demand, np.ones(mean.shape, dtype=bool), spread, np.arange(HELD_BACK) % 2)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
