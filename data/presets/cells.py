"""Cells of reports: the day of a time in the marketplace's zone, dates however written, sums of numbers kept readable."""

import polars as pl

from data.contracts import MOST_UNITS
from data.parsing.dates import read_dates
from data.parsing.numbers import read_marks, read_numbers
from data.parsing.parsed import Parsed
from data.presets.marketplaces import marketplace_of
from data.presets.preset import Export

_TIMED = r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})$"
"""A moment with its zone; without one there is nothing to convert, and the day is the one written."""


def days(export: Export, column: str, marketplaces: pl.Series | None = None) -> pl.Series:
    """Return the day of each row as ISO text; what cannot be read stays as it is, for intake to set the row aside.

    A moment with a zone belongs to the day of the config's time zone, else of the row's marketplace (names in `marketplaces`),
    else of the config's marketplace, else to the day as it is written.
    """
    texts = export.rows[column]
    moments = _moments(texts)
    plain = pl.select(pl.when(moments.is_null()).then(texts)).to_series()
    read = read_dates(plain, date_format=export.settings.date_format, today=export.today).values.dt.to_string("iso")
    zones = _zones(export, marketplaces)
    told = pl.DataFrame({"moment": moments, "zone": zones, "day": _first(read, texts)})
    moved = [
        pl.when(pl.col("zone") == zone).then(pl.col("moment").dt.convert_time_zone(zone).dt.date().dt.to_string("iso"))
        for zone in zones.unique().drop_nulls().sort()
    ]
    written = pl.when(pl.col("moment").is_not_null()).then(pl.col("day").str.slice(0, 10)).otherwise("day")
    return told.select(pl.coalesce([*moved, written])).to_series()


def moments(export: Export, column: str) -> pl.Series:
    """Return the moment of each row in UTC; null where none can be read. Without a zone it is taken as UTC."""
    texts = export.rows[column]
    plain = texts.str.replace("T", " ").str.slice(0, 19).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    return _first(_moments(texts), plain.dt.replace_time_zone("UTC"))


def _moments(texts: pl.Series) -> pl.Series:
    parts = pl.col("text").str.extract_groups(_TIMED).struct
    offset = parts.field("3").str.replace("Z", "+00:00").str.replace(":", "")
    moment = pl.concat_str(parts.field("1"), pl.lit(" "), parts.field("2"), offset).str.to_datetime(
        "%Y-%m-%d %H:%M:%S%z", strict=False, time_zone="UTC", time_unit="us"
    )
    return texts.alias("text").to_frame().select(moment.alias("moment")).to_series()


def _zones(export: Export, marketplaces: pl.Series | None) -> pl.Series:
    if export.settings.time_zone is not None:
        return pl.repeat(export.settings.time_zone, export.rows.height, dtype=pl.String, eager=True)
    told = marketplace_of(export.settings.marketplace)
    default = told.time_zone if told else None
    if marketplaces is None:
        return pl.repeat(default, export.rows.height, dtype=pl.String, eager=True)
    distinct = marketplaces.unique().drop_nulls()
    zones = [market.time_zone if (market := marketplace_of(name)) else default for name in distinct]
    return marketplaces.replace_strict(distinct, pl.Series(zones, dtype=pl.String), default=default, return_dtype=pl.String)


def _first(*series: pl.Series) -> pl.Series:
    return pl.DataFrame([one.alias(str(number)) for number, one in enumerate(series)]).select(pl.coalesce(pl.all())).to_series()


def numbers(export: Export, column: str) -> Parsed:
    """Return a column as numbers, whatever marks its decimals, and which cells hold something else."""
    texts = export.rows[column]
    marks = read_marks(texts)
    return read_numbers(texts, likely_comma=bool(marks.decimal_comma))


MICRO = 1_000_000
"""Units are added as whole millionths: sums of integers do not depend on the order of rows."""


def added_up(export: Export, keys: pl.DataFrame, columns: dict[str, tuple[str, pl.Series]]) -> pl.DataFrame:
    """Return a row per key, sorted by it, with its first `source_line` and sums of columns of the report as text.

    A cell that is no number takes the place of the sum, so that intake sets the row aside with what stands there.

    Parameters
    ----------
    keys
        Columns that name a row, as long as the export has rows.
    columns
        Name to give the sum → column of the report, and which of its rows count. A sum over nothing is 0.
    """
    parts = [keys, export.rows.select("source_line")]
    sums = []
    for name, (column, counts) in columns.items():
        parsed = numbers(export, column)
        # What is more than any row may have is left to intake too, as it stands there.
        absurd = (parsed.values.abs() > MOST_UNITS).fill_null(False)
        values = pl.select(pl.when(~absurd).then(parsed.values).fill_null(0.0)).to_series()
        micro = (values * MICRO).round().cast(pl.Int64) * counts.cast(pl.Int64)
        bad = pl.select(pl.when((parsed.unreadable | absurd) & counts).then(export.rows[column])).to_series()
        parts.append(pl.DataFrame({f"{name}_micro": micro, f"{name}_bad": bad}))
        total = (pl.col(f"{name}_micro").sum() / MICRO).cast(pl.String)
        sums.append(pl.coalesce(pl.col(f"{name}_bad").drop_nulls().first(), total).alias(name))
    together = pl.concat(parts, how="horizontal")
    return together.group_by(keys.columns, maintain_order=True).agg(pl.col("source_line").min(), *sums).sort(keys.columns)
