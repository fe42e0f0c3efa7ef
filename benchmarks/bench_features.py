"""Feature building against mlforecast: four lags, five rolling transforms and three date parts of the same rows, by turns.

mlforecast runs in an environment of its own (`benchmarks/peers/mlforecast.lock`), whose polars is the project's.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import make_inputs
from benchmarks.peers.environment import CACHE, installed
from benchmarks.timed_run import REPO
from data.windows import POINT, fixed, fixed_square, lag, ratio, running, seasonal_sum, window_mean, window_sum, window_variance
from scripts.fresh_tables import read_source

RUNS = 5
AT_LEAST = 1.5
"""Times as quick as mlforecast that fillrate has to be."""

RELATIVE, ABSOLUTE = 1e-3, 2e-3
"""How far the outputs may differ: mlforecast updates means and variances in Float32, fillrate sums thousandths of a unit."""


def features(frame: pl.DataFrame) -> pl.DataFrame:
    """Return unique_id, ds, y and the features by the windows of `data.windows`, as the feature groups use them.

    frame: columns unique_id, ds, y, sorted by both, no gaps.
    """
    y = pl.col("y")
    rows = frame.with_columns(place_in_series(frame["unique_id"]), observed=y.is_not_null().cast(pl.Int64), units=fixed(y))
    rows = rows.with_columns(squares=fixed_square(pl.col("units")))
    rows = rows.with_columns(
        *(running(pl.col(column)).alias(f"total_{column}") for column in ("observed", "units", "squares")),
        season=ratio(seasonal_sum("units", 7, 4), seasonal_sum("observed", 7, 4) * POINT),
    )
    counted = window_sum("total_observed", 28, ending=1)
    variance = window_variance("total_units", "total_squares", "total_observed", 28, ending=1) * counted / (counted - 1)
    means = {
        f"rolling_mean_lag1_window_size{window}_min_samples1": window_mean("total_units", "total_observed", window, ending=1)
        for window in (7, 14, 28)
    }
    made = rows.lazy().select(
        "unique_id",
        "ds",
        "y",
        *(lag(y, periods).alias(f"lag{periods}") for periods in (1, 7, 14, 28)),
        *(mean.alias(name) for name, mean in means.items()),
        pl.when(counted > 1).then(variance.sqrt()).cast(pl.Float32).alias("rolling_std_lag1_window_size28_min_samples1"),
        lag(pl.col("season"), 7).alias("seasonal_rolling_mean_lag7_season_length7_window_size4_min_samples1"),
        **date_parts(frame["ds"]),
    )
    # Lazily: the windows share what they are differences of, and it is computed once.
    return made.collect()


def place_in_series(ids: pl.Series) -> pl.Series:
    """Return the number of each row within its series, from 0."""
    first = (ids != ids.shift(1)).fill_null(True).arg_true().to_numpy()
    number = np.arange(len(ids), dtype=np.int32)
    number -= np.repeat(first.astype(np.int32), np.diff(first, append=len(ids)))
    return pl.Series("pos", number)


def date_parts(dates: pl.Series) -> dict[str, pl.Series]:
    """Return weekday, day and month of each date, looked up in a table of the few dates there are."""
    number = dates.to_physical().to_numpy()
    first, last = int(number.min()), int(number.max())
    calendar = pl.Series(np.arange(first, last + 1, dtype=np.int32)).cast(pl.Date).dt
    place = np.subtract(number, first, dtype=np.intp)
    parts = {"weekday": calendar.weekday(), "day": calendar.day(), "month": calendar.month()}
    return {name: pl.Series(part.to_numpy().take(place, mode="clip")) for name, part in parts.items()}


class Peer:
    """mlforecast's process: makes the same features of the same file whenever asked."""

    def __init__(self, python: Path, source: Path, threads: int) -> None:
        script = REPO / "benchmarks" / "peers" / "mlforecast_features.py"
        environment = {**os.environ, "POLARS_MAX_THREADS": str(threads)}
        command = [str(python), str(script), str(source), str(threads)]
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, checks: str, write_to: Path | str = "") -> float:
        """Have the features made once, and written where a file is given; return the seconds that making them took."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{checks} {write_to}\n")
        self.process.stdin.flush()
        if not (answer := self.process.stdout.readline()):
            raise SystemExit(f"bench_features: mlforecast's process ended with exit code {self.process.wait()}")
        return float(answer)

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *unused: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def store_item(source: Path) -> pl.DataFrame:
    """Return five years of 10 stores × 50 items."""
    return pl.read_parquet(source).select(unique_id=pl.col("store").cast(pl.Int64) * 1_000 + pl.col("item"), ds="date", y="sales")


def fresh(source: Path) -> pl.DataFrame:
    """Return 76 days of 50,000 series."""
    days = read_source(source).select("fc", "sku", "date", "sale_amount").collect()
    return days.select(unique_id=pl.struct("fc", "sku").rank("dense").cast(pl.Int64), ds="date", y="sale_amount")


def copied(frame: pl.DataFrame, copies: int) -> pl.DataFrame:
    """Return every series `copies` times, under new names."""
    names = int(frame["unique_id"].to_numpy().max())
    return pl.concat([frame.with_columns(pl.col("unique_id") + number * names) for number in range(copies)]) if copies > 1 else frame


DATA_SETS: dict[str, tuple[Callable[[Path], pl.DataFrame], Path]] = {
    "fresh": (fresh, make_inputs.DATA / "fresh_daily" / "daily.parquet"),
    "store_item": (store_item, make_inputs.DATA / "store_item_daily" / "sales.parquet"),
}


def same(ours: pl.DataFrame, theirs: pl.DataFrame) -> list[str]:
    """Return what differs: names of columns, or columns whose values differ by more than the tolerance."""
    if ours.columns != theirs.columns or ours.height != theirs.height:
        return [f"{ours.columns} and {theirs.columns}, {ours.height} and {theirs.height} rows"]
    differences = []
    for name in ours.columns[2:]:
        mine, other = (frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for frame in (ours, theirs))
        wrong = ~np.isclose(mine, other, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True)
        if wrong.any():
            row = int(wrong.argmax())
            differences.append(f"{name}: {wrong.sum():,} rows, the first is row {row}: {mine[row]} and {other[row]}")
    return differences


def compare(name: str, frame: pl.DataFrame, python: Path, folder: Path) -> bool:
    """Time both sides by turns on one frame, print the figures, and return whether the outputs are equal."""
    source, answer = folder / f"{name}.parquet", folder / f"{name}-mlforecast.parquet"
    frame = frame.with_columns(pl.col("y").cast(pl.Float32)).sort("unique_id", "ds").rechunk()
    frame.write_parquet(source)
    times: dict[str, list[float]] = {"fillrate": [], "checked": [], "unchecked": []}
    with Peer(python, source, pl.thread_pool_size()) as peer:
        # The first call of each, not timed, is the one whose output is compared.
        peer.seconds("checked", answer)
        differences = same(features(frame), pl.read_parquet(answer))
        for _ in range(RUNS):
            for checks in ("checked", "unchecked"):
                times[checks].append(peer.seconds(checks))
                started = time.perf_counter()
                features(frame)
                times["fillrate"].append(time.perf_counter() - started)
    for difference in differences:
        print(f"bench_features: {name}: outputs differ: {difference}", file=sys.stderr)
    print(f"{name}: {frame.height:,} rows of {frame['unique_id'].n_unique():,} series, medians of {RUNS} runs by turns")
    median = {side: statistics.median(seconds) for side, seconds in times.items()}
    for side, text in (("fillrate", "fillrate"), ("checked", "mlforecast"), ("unchecked", "mlforecast without its checks of the input")):
        ratio = f", fillrate is {median[side] / median['fillrate']:.2f} times as quick" if side != "fillrate" else ""
        print(f"  {text}: {median[side]:.3f} s, {frame.height / median[side] / 1e6:.1f} M rows/s{ratio}")
    if median["checked"] < AT_LEAST * median["fillrate"]:
        print(f"  short of the {AT_LEAST} times that are wanted")
    return not differences


def main() -> int:
    """Run the benchmark and print its figures; the exit code is 1 where outputs differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=CACHE, help="folder of mlforecast's environment and the data, kept for the next time")
    parser.add_argument("--copies", type=int, default=1, help="fresh only: every series this many times")
    options = parser.parse_args()
    present = {name: data_set for name, data_set in DATA_SETS.items() if data_set[1].is_file()}
    for name in DATA_SETS.keys() - present.keys():
        print(f"bench_features: {name} skipped: no file at {DATA_SETS[name][1]}")
    if not present:
        return 0
    folder = options.to / "features"
    folder.mkdir(parents=True, exist_ok=True)
    python = installed("mlforecast", options.to)
    equal = []
    for name, (read, source) in present.items():
        frame = copied(read(source), options.copies if name == "fresh" else 1)
        equal.append(compare(name, frame, python, folder))
    return 0 if all(equal) else 1


if __name__ == "__main__":
    sys.exit(main())
