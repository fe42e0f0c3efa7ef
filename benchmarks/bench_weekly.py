"""Weekly nights of 599 grocery series on two cores: time of each, and whether every row has a whole order."""

import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from benchmarks import make_inputs
from benchmarks.timed_run import REPO, timed_run

LAST = date(2024, 4, 14)
NIGHTS = 4


def main() -> int:
    """Run the last nights, one a week, on one lake, and print their figures."""
    if not (make_inputs.DATA / "grocery_weekly").is_dir():
        print(f"bench_weekly: skipped: no folder {make_inputs.DATA / 'grocery_weekly'}")
        return 0
    folder = REPO / "out" / "bench_weekly"
    shutil.rmtree(folder, ignore_errors=True)
    if code := make_inputs.main(["weekly", "--to", str(folder)]):
        return code
    fillrate = Path(sys.executable).with_name("fillrate")
    for back in reversed(range(NIGHTS)):
        as_of = LAST - timedelta(weeks=back)
        ended = timed_run([fillrate, "run", folder / "weekly.toml", "--as-of", as_of.isoformat(), "--direct"], quiet=True)
        if ended.code:
            print(f"bench_weekly: the night of {as_of} ended with exit code {ended.code}", file=sys.stderr)
            return 1
        orders = pl.read_parquet(folder / "out" / "weekly" / "latest" / "recommendations.parquet")["order_units"]
        # The data have one snapshot of stock, of the last night: earlier nights know of none and order nothing.
        known = orders.drop_nulls()
        whole = int((known == known.round()).sum())
        print(
            f"{as_of}: {ended.seconds:.1f} s, {ended.peak_gb:.1f} GB; {whole} whole orders in {len(orders)} rows, {known.sum():,.0f} units"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
