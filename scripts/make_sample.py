"""Cut the sample in data/samples/fresh/ from FreshRetailNet-50K's daily table: `python scripts/make_sample.py DAILY_PARQUET`."""

import argparse
import sys
from pathlib import Path

import polars as pl

from scripts.fresh_tables import read_source
from scripts.input_folder import fresh_folder

REPO = Path(__file__).resolve().parent.parent
CITIES = (1, 2, 7, 9)
STORE_SIZES = (14, 33)


def sample_source(path: Path) -> pl.DataFrame:
    """Return the sample's part of the daily table: whole stores of 14 to 33 products in four mid-sized cities."""
    cities = read_source(path).filter(pl.col("city_id").is_in(CITIES))
    products = pl.col("product_id").n_unique()
    stores = cities.group_by("store_id").agg(products).filter(pl.col("product_id").is_between(*STORE_SIZES))
    return cities.join(stores, on="store_id", how="semi").collect()


def main(arguments: list[str] | None = None) -> int:
    """Write the sample and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="daily table of FreshRetailNet-50K, as Parquet")
    parser.add_argument("--to", type=Path, default=REPO / "data" / "samples" / "fresh", help="folder to write (default: the sample's own)")
    options = parser.parse_args(arguments)
    try:
        tables = fresh_folder(sample_source(options.source), options.to)
    except (FileNotFoundError, ValueError) as error:
        print(f"make_sample: {error}", file=sys.stderr)
        return 1
    for name, table in tables.items():
        print(f"{name:<13}{table.height:>8} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
