"""The input folder of a comparison: a public data set, every item under the same terms, nothing in stock and nothing on its way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from benchmarks import make_inputs
from benchmarks.bench_fresh import AS_OF, HORIZON, sales_with_availability
from benchmarks.peers.scores import Terms
from benchmarks.peers.tables import KEYS, series_id

MADE = ("supply", "receipts", "inbound")
"""Tables that `make_inputs` makes up: terms, deliveries and open lines of every supplier."""


def fresh_sales(source: Path) -> pl.DataFrame:
    """Return date, fc, sku, units of the days fully in stock."""
    return sales_with_availability(source).filter(pl.col("in_stock") == 1).drop("in_stock")


def store_item_sales(source: Path) -> pl.DataFrame:
    """Return date, fc, sku, units; these data know no stock-outs."""
    return pl.read_parquet(source).select("date", fc=pl.col("store").cast(pl.String), sku=pl.col("item").cast(pl.String), units="sales")


@dataclass(frozen=True)
class Case:
    """A data set to forecast. judged: reads the days that count from its source."""

    as_of: date
    horizon: int
    judged: Callable[[Path], pl.DataFrame]

    def actual(self, source: Path, inputs: Path) -> pl.DataFrame:
        """Return unique_id, date, units of the rows to judge, of the series in `inputs`."""
        series = pl.read_parquet(inputs / "sales.parquet", columns=list(KEYS)).unique()
        days = pl.col("date").is_between(self.as_of + timedelta(1), self.as_of + timedelta(self.horizon))
        return self.judged(source).filter(days).join(series, on=KEYS, how="semi").select(series_id(), "date", "units")


CASES = {
    "fresh": Case(AS_OF, HORIZON, fresh_sales),
    "store_item": Case(date(2017, 10, 2), 90, store_item_sales),
}


def write_inputs(name: str, to: Path, series: int | None) -> Path:
    """Write the inputs and the config of a case, of so many series at most; return the folder of the inputs."""
    arguments = [name, "--to", str(to), "--until", CASES[name].as_of.isoformat()]
    if make_inputs.main([*arguments, *(["--series", str(series)] if series else [])]):
        raise SystemExit(f"bench_peers: the inputs of {name} could not be written")
    folder = to / name
    sales = pl.read_parquet(folder / "sales.parquet")
    kept = sales.select(KEYS).unique().sort(KEYS)
    if series:
        kept = kept.gather_every(max(kept.height // series, 1)).head(series)
        sales.join(kept, on=KEYS, how="semi").write_parquet(folder / "sales.parquet")
    for table in MADE:
        (folder / f"{table}.parquet").unlink(missing_ok=True)
    if (items := folder / "items.parquet").is_file():
        pl.read_parquet(items).select("sku", "name", "category", "subcategory").write_parquet(items)
    kept.select(date=pl.lit(CASES[name].as_of), sku="sku", fc="fc", on_hand=0).write_parquet(folder / "stock.parquet")
    return folder


def terms_settings(terms: Terms) -> list[str]:
    """Return the terms as options of `fillrate run`. Unmet demand waits, as the textbook rule has it."""
    settings = {
        "lead_time_days": str(terms.lead_time),
        "review_days": str(terms.review),
        "holding_cost": str(terms.holding),
        "shortage_cost": str(terms.shortage),
        "unmet_demand": '"backorder"',
    }
    return [part for name, value in settings.items() for part in ("--set", f"replenishment.{name}={value}")]
