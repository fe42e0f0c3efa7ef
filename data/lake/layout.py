"""How each table is kept: its key, what a delivery replaces, and how it is partitioned. No I/O here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from data.contracts import INPUT_TABLES, business_columns
from data.lake.errors import LakeError

ALL_REGION = "all"
"""Region of an fc that no locations row names; without a locations table, of every fc."""

EVERYWHERE = "*"
"""Value of `lake_region` in rows that speak for every region, such as a plan row with neither fc nor region."""


@dataclass(frozen=True)
class Layout:
    """How one input table lies in the lake.

    key
        Columns that name a row; rows are sorted by them and merged by them. Not unique where `mergeable` is false.
    replaces
        Columns that name what a delivery replaces as a whole, such as one fc × day; empty: the whole table.
    region_column
        Column that the lake adds with the region of the row's fc: `region`, or `lake_region` where the contract has a
        `region` of its own or the fc may be left open. None where rows have no fc.
    partition_by
        Partition columns of the Delta table; `month` is the date's, as "YYYY-MM".
    may_be_empty
        Whether a delivery without rows says something (no open orders) rather than that an export failed.
    """

    table: str
    key: tuple[str, ...]
    replaces: tuple[str, ...] = ()
    region_column: str | None = None
    partition_by: tuple[str, ...] = ()
    mergeable: bool = True
    may_be_empty: bool = False

    @property
    def dated(self) -> bool:
        """Whether a delivery replaces dates rather than the whole table."""
        return bool(self.replaces)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Names and types of the stored columns: the contract's, then those that the lake adds."""
        stored = dict(INPUT_TABLES[self.table].create_empty().schema)
        added = [self.region_column, "month" if "month" in self.partition_by else None]
        return stored | {name: pl.String() for name in added if name is not None}

    @property
    def sort_by(self) -> list[str]:
        """Columns whose order makes reading reproducible: the key, then the rest where the key is not unique."""
        return list(self.key) if self.mergeable else [*self.key, *(c for c in business_columns(self.table) if c not in self.key)]


def _by_day(table: str) -> Layout:
    return Layout(table, ("date", "sku", "fc"), ("date", "fc"), "region", ("region", "month"))


LAYOUTS: dict[str, Layout] = {
    layout.table: layout
    for layout in (
        _by_day("sales"),
        _by_day("availability"),
        _by_day("stock"),
        _by_day("returns"),
        _by_day("marketplace_recommendations"),
        Layout("plan", ("date", "sku", "fc", "region"), ("date", "fc", "region"), "lake_region", ("lake_region", "month")),
        Layout("events", ("date", "event", "region"), ("date", "region")),
        Layout("drivers", ("date", "name", "region"), ("date", "name", "region")),
        Layout("locations", ("fc",)),
        Layout("items", ("sku",)),
        Layout("supply", ("sku", "fc"), region_column="lake_region"),
        Layout("overrides", ("sku", "fc", "field", "date"), region_column="lake_region", may_be_empty=True),
        Layout("inbound", ("expected_date", "sku", "fc"), region_column="lake_region", mergeable=False, may_be_empty=True),
        Layout("receipts", ("ordered_date", "sku", "fc"), region_column="lake_region", mergeable=False),
    )
}
"""Every input table by name."""


def stored(frame: pl.DataFrame, layout: Layout, regions: Mapping[str, str]) -> pl.DataFrame:
    """Return the contract's columns of `frame` with the columns that the lake adds; the order of rows is not changed.

    `regions` maps fc → region; an fc it does not name belongs to `ALL_REGION`.
    """
    added = []
    if layout.region_column is not None:
        of_fc = pl.col("fc").replace_strict(regions, default=pl.lit(ALL_REGION), return_dtype=pl.String) if regions else pl.lit(ALL_REGION)
        otherwise = pl.col("region").fill_null(EVERYWHERE) if layout.table == "plan" else pl.lit(EVERYWHERE)
        added.append(pl.when(pl.col("fc").is_null()).then(otherwise).otherwise(of_fc).alias(layout.region_column))
    if "month" in layout.partition_by:
        added.append(month_of("date"))
    contract = INPUT_TABLES[layout.table].create_empty().schema
    return frame.select(pl.col(name).cast(dtype) for name, dtype in contract.items()).with_columns(added)


def month_of(column: str) -> pl.Expr:
    """Return the month of a date as "YYYY-MM", named `month`."""
    return pl.col(column).dt.strftime("%Y-%m").alias("month")


def on_dates(layout: Layout, dates: pl.Series) -> pl.Expr:
    """Return the expression that is true for rows of `dates`, naming months too where they are partitions."""
    there = pl.col("date").is_in(dates.implode())
    if "month" not in layout.partition_by:
        return there
    months = dates.to_frame("date").select(month_of("date").unique()).to_series()
    return pl.col("month").is_in(months.implode()) & there


def in_regions(layout: Layout, regions: Collection[str]) -> pl.Expr | None:
    """Return the expression that is true for rows that speak for one of `regions`; None where rows have no region."""
    names = list(regions)
    if layout.region_column == "region":
        return pl.col("region").is_in(names)
    if layout.region_column is not None:
        return pl.col(layout.region_column).is_in([*names, EVERYWHERE])
    if "region" in business_columns(layout.table):
        return pl.col("region").is_null() | pl.col("region").is_in(names)
    return None


def between(layout: Layout, since: date | None, until: date | None) -> list[pl.Expr]:
    """Return what keeps rows from `since` to `until`, both included, naming months too where they are partitions.

    Raises
    ------
    LakeError
        If the table has no dates to cut by.
    """
    if (since or until) and not layout.dated:
        raise LakeError(f"{layout.table} is kept as one state, not by date: read it without since and until")
    kept = []
    monthly = "month" in layout.partition_by
    if since:
        kept += [pl.col("date") >= since, *([pl.col("month") >= f"{since:%Y-%m}"] if monthly else [])]
    if until:
        kept += [pl.col("date") <= until, *([pl.col("month") <= f"{until:%Y-%m}"] if monthly else [])]
    return kept


def sql_in(column: str, values: Sequence[object]) -> str:
    """Return `column IN (…)` as Delta predicates spell it; quotes inside values are doubled."""
    quoted = ", ".join("'" + str(value).replace("'", "''") + "'" for value in values)
    return f"{column} IN ({quoted})"
