"""Write whole public data sets as input folders with a config beside each: `python benchmarks/make_inputs.py fresh --to DIR`.

`DIR/<name>/` gets the tables, `DIR/<name>.toml` the config; the runs' lake and output go to `DIR/out/<name>/`.
"""

import argparse
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from scripts.fresh_tables import read_source
from scripts.input_folder import fresh_folder, write_folder

REPO = Path(__file__).resolve().parent.parent
DATA = REPO.parent / "shared" / "data"
NO_CSV: frozenset[str] = frozenset()

FRESH_TERMS = """horizon = 14

[inputs]
path = "{inputs}"

[inputs.drivers]
known_ahead = ["temperature", "rain"]

[lake]
path = "{out}/lake"

[output]
path = "{out}"

[replenishment]
objective = "cost"
unmet_demand = "lost"
holding_cost = 0.02
shortage_cost = 1.0
lead_time_days = 3
review_days = 1
"""

WEEKLY_TERMS = """horizon = 6

[inputs]
path = "{inputs}"

[lake]
path = "{out}/lake"

[output]
path = "{out}"

[replenishment]
objective = "cost"
unmet_demand = "lost"
holding_cost = 0.2
shortage_cost = 1.0
lead_time_days = 14
review_days = 7
"""

ITEM_TERMS = """horizon = 90

[inputs]
path = "{inputs}"

[lake]
path = "{out}/lake"

[output]
path = "{out}"
"""


def fresh(source: Path, folder: Path, options: argparse.Namespace) -> None:
    """Write the fresh data: `--series` of its 50,000 series, `--copies` times under new fc names, cut at `--until`."""
    lazy = read_source(source)
    if options.series:
        chosen = lazy.select("fc", "sku").unique().sort("fc", "sku").head(options.series)
        lazy = lazy.join(chosen, on=["fc", "sku"], how="semi")
    table = lazy.collect()
    copies = [table.with_columns(fc=pl.format("{}x{}", "fc", pl.lit(copy))) for copy in range(2, options.copies + 1)]
    fresh_folder(pl.concat([table, *copies]), folder, until=options.until, csv=NO_CSV)


def weekly(source: Path, folder: Path, options: argparse.Namespace) -> None:
    """Write the grocery weeks; stock and inbound exist for the close of 2024-04-14 only and are left out of earlier cuts."""
    closing = date(2024, 4, 14)
    keys = (pl.col("store").cast(pl.String).alias("fc"), pl.col("product").cast(pl.String).alias("sku"))
    until = options.until or closing
    weeks = (
        pl.read_parquet(source / "sales.parquet")
        .filter(pl.col("week") + timedelta(6) <= until)
        .rename({"week": "date"})
        .sort("store", "product", "date")
    )
    tables = {
        "sales": weeks.select("date", *keys, "units"),
        "availability": weeks.filter(~pl.col("in_stock")).select("date", *keys, "in_stock"),
        "items": pl.read_csv(source / "master.csv")
        .select(keys[1], category=pl.col("Department").cast(pl.String), subcategory=pl.col("ProductGroup").cast(pl.String))
        .unique("sku")
        .sort("sku"),
    }
    if until >= closing:
        stock = pl.read_csv(source / "stock_2024-04-14.csv")
        tables["stock"] = stock.select(*keys, "on_hand", date=pl.lit(closing))
        arrivals = {"in_transit_week_1": date(2024, 4, 15), "in_transit_week_2": date(2024, 4, 22)}
        lines = stock.select(*keys, *arrivals).unpivot(list(arrivals), index=["fc", "sku"], variable_name="week", value_name="units")
        tables["inbound"] = lines.filter(pl.col("units") > 0).select(
            "sku", "fc", "units", expected_date=pl.col("week").replace_strict(arrivals, return_dtype=pl.Date), date=pl.lit(closing)
        )
    write_folder(tables, folder, csv=NO_CSV)


def store_item(source: Path, folder: Path, options: argparse.Namespace) -> None:
    """Write five years of 10 stores × 50 items: sales alone."""
    sales = pl.read_parquet(source).select("date", sku=pl.col("item").cast(pl.String), fc=pl.col("store").cast(pl.String), units="sales")
    if options.until:
        sales = sales.filter(pl.col("date") <= options.until)
    write_folder({"sales": sales.sort("fc", "sku", "date")}, folder, csv=NO_CSV)


DATA_SETS: dict[str, tuple[Callable[[Path, Path, argparse.Namespace], None], Path, str, str]] = {
    "fresh": (fresh, DATA / "fresh_daily" / "daily.parquet", "day", FRESH_TERMS),
    "weekly": (weekly, DATA / "grocery_weekly", "week", WEEKLY_TERMS),
    "store_item": (store_item, DATA / "store_item_daily" / "sales.parquet", "day", ITEM_TERMS),
}


def main(arguments: list[str] | None = None) -> int:
    """Write one data set and its config; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_set", choices=sorted(DATA_SETS))
    parser.add_argument("--to", type=Path, required=True, help="folder to write into")
    parser.add_argument("--source", type=Path, help="file or folder of the data set (default: beside the repository, in shared/data)")
    parser.add_argument("--name", help="name of the input folder and the config (default: the data set's)")
    parser.add_argument("--until", type=date.fromisoformat, help="last day of history; what is known ahead goes on")
    parser.add_argument("--series", type=int, help="fresh only: this many series instead of all")
    parser.add_argument("--copies", type=int, default=1, help="fresh only: every series this many times, under new fc names")
    options = parser.parse_args(arguments)
    write, default_source, frequency, terms = DATA_SETS[options.data_set]
    source, name = options.source or default_source, options.name or options.data_set
    if not source.exists():
        print(f"make_inputs: nothing at {source}: give the data set's place with --source", file=sys.stderr)
        return 1
    folder = (options.to / name).resolve()
    write(source, folder, options)
    config = folder.with_name(f"{name}.toml")
    head = f'name = "{name}"\nfrequency = "{frequency}"\nseed = 7\n'
    config.write_text(head + terms.format(inputs=folder.as_posix(), out=(folder.parent / "out" / name).as_posix()), encoding="utf-8")
    print(config)
    return 0


if __name__ == "__main__":
    sys.exit(main())
