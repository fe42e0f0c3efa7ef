"""An input folder of fillrate as the tables that forecasting libraries take: one row per series and day, columns unique_id, ds, y."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from benchmarks.peers.exchange import Task

KEYS = ("fc", "sku")


def forecast_task(data_set: str, inputs: Path, folder: Path, as_of: date, horizon: int) -> None:
    """Write into `folder` what a peer needs to forecast: all that fillrate is given in `inputs`, joined.

    Series have every day up to `as_of`. `in_stock` is there where availability is. Categories are numbers, in the order of their names.
    """
    sales = _read(inputs, "sales")
    assert sales is not None, "every input folder has sales"
    series = sales.select(KEYS).unique().sort(KEYS)
    first: date = sales["date"].min()  # type: ignore[assignment]
    days = pl.DataFrame({"date": pl.date_range(first, as_of + timedelta(horizon), eager=True)})
    static, known = _static(inputs, series), _known_ahead(inputs, series.join(days, how="cross"))
    grid = known.join(static, on=KEYS, how="left").with_columns(unique_id=series_id(), ds=pl.col("date").cast(pl.Datetime("us")))
    history = grid.filter(pl.col("date") <= as_of).join(sales.select("date", *KEYS, y="units"), on=["date", *KEYS], how="left")
    history = history.with_columns(pl.col("y").cast(pl.Float64).fill_null(0))
    if (availability := _read(inputs, "availability")) is not None:
        history = history.join(availability, on=["date", *KEYS], how="left").with_columns(pl.col("in_stock").fill_null(1.0))
    numbered = [name for name in static.columns if name not in KEYS]
    ahead = [name for name in known.columns if name not in ("date", *KEYS)]
    stocked = [name for name in ("in_stock",) if name in history.columns]
    folder.mkdir(parents=True, exist_ok=True)
    history.select("unique_id", "ds", "y", *stocked, *numbered, *ahead).sort("unique_id", "ds").write_parquet(folder / "history.parquet")
    later = grid.filter(pl.col("date") > as_of)
    later.select("unique_id", "ds", *ahead).sort("unique_id", "ds").write_parquet(folder / "ahead.parquet")
    Task(data_set, horizon, tuple(numbered), tuple(ahead)).write(folder)


def series_id() -> pl.Expr:
    """Return the peers' name of a series."""
    return pl.format("{}|{}", "fc", "sku").alias("unique_id")


def _read(inputs: Path, table: str) -> pl.DataFrame | None:
    path = inputs / f"{table}.parquet"
    return pl.read_parquet(path) if path.is_file() else None


def _static(inputs: Path, series: pl.DataFrame) -> pl.DataFrame:
    """Return fc, sku and what belongs to a series: store, item and, where told, region, category and subcategory, as numbers."""
    found = series.with_columns(store="fc", item="sku")
    for table, key, columns in (("locations", "fc", ["region"]), ("items", "sku", ["category", "subcategory"])):
        if (frame := _read(inputs, table)) is not None:
            found = found.join(frame.select(key, *columns), on=key, how="left")
    return found.with_columns(pl.exclude(KEYS).rank("dense").cast(pl.Int32))


def _known_ahead(inputs: Path, grid: pl.DataFrame) -> pl.DataFrame:
    """Return the grid of series and days with what the inputs tell of it ahead: price, promotion, weather by region, holidays."""
    plan, drivers, events, locations = (_read(inputs, table) for table in ("plan", "drivers", "events", "locations"))
    if plan is not None:
        grid = grid.join(plan, on=["date", *KEYS], how="left").with_columns(pl.col("price").fill_null(1), pl.col("promo").fill_null(0))
    if drivers is not None and locations is not None:
        weather = drivers.pivot("name", index=["date", "region"], values="value")
        grid = grid.join(locations.select("fc", "region"), on="fc", how="left").join(weather, on=["date", "region"], how="left")
        grid = grid.drop("region")
    if events is not None:
        holidays = events.filter(pl.col("kind") == "holiday").select("date", holiday=1).unique()
        grid = grid.join(holidays, on="date", how="left").with_columns(pl.col("holiday").fill_null(0))
    return grid
