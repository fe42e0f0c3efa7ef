"""All 50,000 fresh series on two cores: time and memory of a first run and of a night, and the forecast error against a simple rule."""

import argparse
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from benchmarks import make_inputs
from benchmarks.timed_run import REPO, timed_run
from scripts.fresh_tables import read_source, real_tables

AS_OF = date(2024, 5, 28)
HORIZON = 14
MOSTLY_IN_STOCK = 13 / 16
KEYS = ("fc", "sku")


def simple_rule(history: pl.DataFrame, days: list[date]) -> pl.DataFrame:
    """Return the rule to beat per series and day: half the mean of that weekday, half the mean of 28 days, both of days mostly in stock.

    Parameters
    ----------
    history
        date, fc, sku, units of the days to learn from, up to the origin.
    days
        The days to forecast.
    """
    weekday = history.group_by(*KEYS, pl.col("date").dt.weekday().alias("weekday")).agg(on_weekday=pl.col("units").mean())
    recent = history.filter(pl.col("date") > days[0] - timedelta(29)).group_by(KEYS).agg(lately=pl.col("units").mean())
    ever = history.group_by(KEYS).agg(ever=pl.col("units").mean())
    grid = ever.join(pl.DataFrame({"date": days}), how="cross").with_columns(weekday=pl.col("date").dt.weekday())
    joined = grid.join(weekday, on=[*KEYS, "weekday"], how="left").join(recent, on=KEYS, how="left")
    lately = pl.coalesce("lately", "ever")
    return joined.select("date", *KEYS, mean=(pl.coalesce("on_weekday", lately) + lately) / 2)


def wape(forecast: pl.DataFrame, actual: pl.DataFrame) -> float:
    """Return the sum of absolute errors over the sum of demand, on the rows of `actual`; a missing forecast counts as 0."""
    joined = actual.join(forecast, on=["date", *KEYS], how="left").with_columns(pl.col("mean").fill_null(0))
    return float(joined.select((pl.col("units") - pl.col("mean")).abs().sum() / pl.col("units").sum()).item())


def sales_with_availability(source: Path) -> pl.DataFrame:
    """Return date, fc, sku, units and in_stock, the share of the day in stock."""
    tables = real_tables(read_source(source).collect())
    return tables["sales"].join(tables["availability"], on=["date", *KEYS], how="left").with_columns(pl.col("in_stock").fill_null(1.0))


def main() -> int:
    """Run the benchmark in out/bench and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=make_inputs.DATA / "fresh_daily" / "daily.parquet")
    parser.add_argument("--to", type=Path, default=REPO / "out" / "bench")
    parser.add_argument("--series", type=int, help="this many series instead of all")
    options = parser.parse_args()
    if not options.source.is_file():
        print(f"bench_fresh: skipped: no file at {options.source}")
        return 0
    shutil.rmtree(options.to / "out", ignore_errors=True)
    some = ["--series", str(options.series)] if options.series else []
    for what, as_of in (("first run", AS_OF), ("night", AS_OF + timedelta(1))):
        arguments = ["fresh", "--source", str(options.source), "--to", str(options.to), "--until", as_of.isoformat(), *some]
        if code := make_inputs.main(arguments):
            return code
        fillrate = Path(sys.executable).with_name("fillrate")
        ended = timed_run([fillrate, "run", options.to / "fresh.toml", "--as-of", as_of.isoformat(), "--direct"], quiet=True)
        if ended.code:
            print(f"bench_fresh: the {what} ended with exit code {ended.code}", file=sys.stderr)
            return 1
        latest = (options.to / "out" / "fresh" / "latest").resolve()
        if what == "first run":
            forecast = pl.read_parquet(latest / "forecasts.parquet", columns=["date", *KEYS, "mean"])
        print(f"{what}: {ended.seconds:.0f} s, peak {ended.peak_gb:.1f} GB")
        times = pl.read_parquet(latest / "metrics.parquet").filter((pl.col("group") == "time") & pl.col("segment").is_null())
        whole, inside = (times.filter(pl.col("name") == name)["value"].item() for name in ("stage_seconds", "lightgbm_seconds"))
        print(f"  stages {whole:.0f} s, of which LightGBM {inside:.0f} s and all else {whole - inside:.0f} s")
    sales = sales_with_availability(options.source).join(forecast.select(KEYS).unique(), on=KEYS, how="semi")
    days = [AS_OF + timedelta(ahead) for ahead in range(1, HORIZON + 1)]
    actual = sales.filter((pl.col("date") > AS_OF) & (pl.col("in_stock") == 1))
    rule = wape(simple_rule(sales.filter((pl.col("date") <= AS_OF) & (pl.col("in_stock") >= MOSTLY_IN_STOCK)), days), actual)
    error = wape(forecast, actual)
    print(f"fully in-stock WAPE over {HORIZON} days: {error:.4f}; the simple rule {rule:.4f}; {1 - error / rule:.1%} better")
    return 0


if __name__ == "__main__":
    sys.exit(main())
