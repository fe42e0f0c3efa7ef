"""Backtests of three public data sets, one configuration: error, bias and coverage of the forecasts beside simple rules."""

import argparse
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks import make_inputs
from benchmarks.timed_run import REPO, timed_run

CLASSES = ("region", "abc_xyz", "intermittency", "horizon", "kind_of_day", "age")
"""Cuts in which coverage is looked at; which of them a data set has is told by its scores."""


@dataclass(frozen=True)
class Case:
    """One data set. source: of the public data; settings: of the backtest; show: prints what was found."""

    source: Path
    settings: tuple[str, ...]
    show: Callable[[pl.DataFrame], None]


def fresh(scores: pl.DataFrame) -> None:
    """Print what the daily fresh series are judged by."""
    error = _cut(scores, rows="in_stock", measure="wape_median", cut="origin")
    own, rule = error.filter(method="fillrate"), error.filter(method="smoothing_pooled_season")
    mean, beside = (float(part["value"].to_numpy().mean()) for part in (own, rule))
    print(f"  WAPE of the median, fully in stock: {_listed(own, '.4f')}, mean {mean:.4f}")
    print(f"    exponential smoothing × pooled weekday index: {_listed(rule, '.4f')}, mean {beside:.4f}; ratio {mean / beside:.3f}")
    bias = _cut(scores, rows="nearly_in_stock", measure="bias_mean", cut="origin").filter(method="fillrate")
    print(f"  bias of the mean, at most 3 of 16 hours out: {_listed(bias, '+.4f')}, mean {float(bias['value'].to_numpy().mean()):+.4f}")
    for measure, share in (("coverage_p10", 0.1), ("coverage_p90", 0.9)):
        rows = scores.filter(target="period", rows="in_stock", measure=measure, method="fillrate")
        print(f"  {measure}: {rows.filter(cut='all')['value'].item():.3f}")
        for (cut,), part in rows.filter(pl.col("cut").is_in(["all", "origin"]).not_()).group_by("cut", maintain_order=True):
            worst = part.sort((pl.col("value") - share).abs(), descending=True).row(0, named=True)
            inside = int(((part["value"] - share).abs() <= 0.05).sum())
            print(f"    by {cut}: {inside} of {part.height} within 0.05; farthest {worst['member']} {worst['value']:.3f}")


def store_item(scores: pl.DataFrame) -> None:
    """Print what five years of shop sales are judged by."""
    rows = scores.filter(target="period", rows="in_stock", cut="all", measure="pinball")
    own = rows.filter(method="fillrate")["value"].item()
    for row in _rules(rows):
        print(f"  pinball {own:.4f}, {1 - own / row['value']:+.1%} better than {row['method']} ({row['value']:.4f}): {row['verdict']}")


def weekly(scores: pl.DataFrame) -> None:
    """Print what three-week sums of grocery sales are judged by."""
    for rows in ("in_stock", "nearly_in_stock"):
        found = scores.filter(target="interval", rows=rows, cut="all", measure="pinball_target")
        own = found.filter(method="fillrate")["value"].item()
        print(f"  {rows}: pinball loss of sums at the target {own:.4f}")
        for row in _rules(found):
            low, high = row["difference_low"], row["difference_high"]
            print(f"    {row['method']}: {row['value']:.4f}, {row['difference']:+.4f} ({low:+.4f} to {high:+.4f}): {row['verdict']}")


CASES = {
    "fresh": Case(make_inputs.DATA / "fresh_daily", ("backtest.origins=3", "backtest.every=7", "backtest.drivers_ahead=true"), fresh),
    "store_item": Case(make_inputs.DATA / "store_item_daily", ("backtest.origins=3", "backtest.every=90"), store_item),
    "weekly": Case(make_inputs.DATA / "grocery_weekly", ("backtest.origins=8", "backtest.every=3", "backtest.horizon=3"), weekly),
}


def main() -> int:
    """Run the backtests asked for and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_set", nargs="*", choices=[[], *CASES], help="which; all of them by default")
    parser.add_argument("--to", type=Path, default=REPO / "out" / "bench_forecasts")
    parser.add_argument("--keep", action="store_true", help="go on with what an earlier call left in the folder")
    options = parser.parse_args()
    for name in options.data_set or CASES:
        case = CASES[name]
        if not case.source.exists():
            print(f"bench_forecasts: {name} skipped: nothing at {case.source}")
            continue
        if not options.keep:
            shutil.rmtree(options.to / "out" / name, ignore_errors=True)
        if code := make_inputs.main([name, "--to", str(options.to)]):
            return code
        changes = [part for change in case.settings for part in ("--set", change)]
        ended = timed_run([Path(sys.executable).with_name("fillrate"), "backtest", options.to / f"{name}.toml", *changes], quiet=True)
        if ended.code:
            print(f"bench_forecasts: {name} ended with exit code {ended.code}", file=sys.stderr)
            return 1
        print(f"{name}: {ended.seconds:.0f} s, {ended.peak_gb:.1f} GB")
        folders = (options.to / "out" / name / "backtests").glob("*/scores.parquet")
        case.show(pl.read_parquet(max(folders, key=lambda path: path.stat().st_mtime)))
    return 0


def _cut(scores: pl.DataFrame, *, rows: str, measure: str, cut: str) -> pl.DataFrame:
    return scores.filter(target="period", rows=rows, measure=measure, cut=cut).sort("method", "member")


def _listed(scores: pl.DataFrame, style: str) -> str:
    return " / ".join(format(value, style) for value in scores["value"])


def _rules(scores: pl.DataFrame) -> list[dict[str, object]]:
    """Return the rows of the simple rules, the best first."""
    rules = scores.filter((pl.col("method") != "fillrate") & ~pl.col("method").str.starts_with("step_"))
    return rules.sort("value", "method").to_dicts()


if __name__ == "__main__":
    sys.exit(main())
