"""Replays of 599 grocery series on two cores: six windows costed beside simple rules, untuned and tuned, then 52 weekly nights."""

import json
import shutil
import sys
from pathlib import Path

import polars as pl

from benchmarks import make_inputs
from benchmarks.timed_run import REPO, timed_run

STARTS = ("2023-04-16", "2023-07-09", "2023-09-03", "2023-10-29", "2023-12-24", "2024-02-18")
JUMP = "2023-10-30"
"""Window in which demand jumped: the total is told with and without it."""

WINDOWS = ("replay.periods=8", "replay.not_counted=2", "replay.run_in=16", "replay.run_in_cover_days=24.5")
TUNED = "replenishment.holding_weights={A = 1.5, B = 1.25}"
"""What `fillrate replay --tune` says of windows that end before these begin: replay.starts 2022-03-13, 2022-05-08, 2022-07-03, 2022-08-28,
2022-10-23, 2022-12-18 to choose and 2023-02-12 to confirm, else as in WINDOWS."""

YEAR = ("replay.periods=52", "replay.train_every_days=28")


def main() -> int:
    """Run both replays and print their figures."""
    if not (make_inputs.DATA / "grocery_weekly").is_dir():
        print(f"bench_replay: skipped: no folder {make_inputs.DATA / 'grocery_weekly'}")
        return 0
    folder = REPO / "out" / "bench_replay"
    shutil.rmtree(folder, ignore_errors=True)
    if code := make_inputs.main(["weekly", "--to", str(folder)]):
        return code
    starts = "replay.starts=" + json.dumps(STARTS)
    six = (starts, *WINDOWS)
    for name, changes in (("six windows", six), ("six windows, tuned on earlier ones", (*six, TUNED)), ("52 nights", YEAR)):
        options = [part for change in changes for part in ("--set", change)]
        fillrate = Path(sys.executable).with_name("fillrate")
        ended = timed_run([fillrate, "replay", folder / "weekly.toml", "--json", *options], quiet=True)
        if ended.code:
            print(f"bench_replay: {name} ended with exit code {ended.code}", file=sys.stderr)
            return 1
        print(f"{name}: {ended.seconds:.0f} s, {ended.peak_gb:.1f} GB")
        show(max((folder / "out" / "weekly" / "replays").iterdir(), key=lambda path: path.stat().st_mtime))
    return 0


def show(results: Path) -> None:
    """Print what a replay found."""
    costs = pl.read_parquet(results / "scores.parquet").filter(measure="total_cost")
    whole = costs.filter(pl.col("window").is_null())
    best = whole.filter(pl.col("parameter").is_not_null()).sort("value").row(0, named=True)
    own = whole.filter(method="fillrate")["value"].item()
    print(f"  fillrate {own:,.0f}; best rule {best['method']} at {best['parameter']:g} {best['value']:,.0f}")
    print(f"  ratio {best['ratio']:.3f} ± {best['ratio_error']:.3f}")
    by_window = {(row["window"], row["method"]): row for row in costs.filter(pl.col("window").is_not_null()).iter_rows(named=True)}
    labels = sorted({window for window, _ in by_window})
    if len(labels) > 1:
        without = [label for label in labels if label != JUMP]
        mine, theirs = (sum(by_window[label, method]["value"] for label in without) for method in ("fillrate", best["method"]))
        print(f"  without {JUMP}: {mine / theirs:.3f}")
        for label in labels:
            row = by_window[label, best["method"]]
            print(f"  {label}: {row['ratio']:.3f} ± {row['ratio_error']:.3f}")
    for row in pl.read_parquet(results / "probabilities.parquet").filter(stock="run_in").iter_rows(named=True):
        print(f"  Brier skill, {row['said_by']}: {row['skill']:.3f} ± {row['skill_error']:.3f}")
    for row in pl.read_parquet(results / "reliability.parquet").filter(stock="run_in", said_by="fillrate").iter_rows(named=True):
        off = row["probability"] - row["observed"]
        print(f"  told {row['probability']:.3f}: {row['rows']:,} rows, {off:+.3f} ± {row['error']:.3f}")


if __name__ == "__main__":
    sys.exit(main())
