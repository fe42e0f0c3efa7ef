"""Puts the rows of all reports of a table together, where their windows overlap or several tell the same."""

from collections.abc import Callable, Mapping

import polars as pl

from data.contracts import business_columns

OF_FILE = ("source_file", "rank", "taken")
"""What rows carry about their file: its name, the place of its preset in the registry, the day it was downloaded."""


def combine(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that count, in the order of file and line: columns of the contract and its provenance.

    `rows` are all files' rows of `table` with the columns that presets give and `OF_FILE`.
    """
    kept = COMBINED[table](rows)
    return kept.select([name for name in kept.columns if name in ("source_file", "source_line", *business_columns(table))]).sort(
        "source_file", "source_line", maintain_order=True
    )


def _newest_orders(rows: pl.DataFrame) -> pl.DataFrame:
    """All lines of an order from the one file that knows it newest: updated last, else downloaded last."""
    newest = (
        rows.drop_nulls("order_id")
        .group_by("order_id", *OF_FILE)
        .agg(pl.col("updated").max())
        .sort("updated", "taken", "source_file", nulls_last=False)
        .unique("order_id", keep="last", maintain_order=True)
    )
    known = rows.join(newest.select("order_id", "source_file"), on=["order_id", "source_file"], how="semi", maintain_order="left")
    return pl.concat([known, rows.filter(pl.col("order_id").is_null())])


def _filled(*key: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """A row per key: each column from the report that goes first and has it, of the same kind the newest."""

    def fill(rows: pl.DataFrame) -> pl.DataFrame:
        ordered = rows.sort("rank", "taken", "source_file", "source_line", descending=[False, True, True, False])
        once = ordered.unique([*key, "source_file", "source_line"], keep="first", maintain_order=True)
        # Two rows of one key in one file stay two, for the contract to set aside: nothing says which is right.
        again = once.filter(pl.struct(*key, "source_file").is_duplicated())
        rest = once.filter(~pl.struct(*key, "source_file").is_duplicated())
        others = [name for name in rows.columns if name not in key]
        filled = rest.group_by(key, maintain_order=True).agg(pl.col(name).drop_nulls().first() for name in others)
        return pl.concat([filled.select(rows.columns), again])

    return fill


def _snapshots(rows: pl.DataFrame) -> pl.DataFrame:
    """Stock of each day; what only says what is reserved is no snapshot by itself."""
    if "on_hand" not in rows.columns:
        return rows.clear()
    return _filled("date", "sku", "fc")(rows).filter(pl.col("on_hand").is_not_null())


def _newest_snapshot(rows: pl.DataFrame) -> pl.DataFrame:
    """Lines on their way from the newest snapshot of each fc, and of one report only."""
    ordered = (
        rows.select("fc", "date", *OF_FILE).unique().sort("date", "rank", "taken", "source_file", descending=[True, False, True, True])
    )
    chosen = ordered.unique("fc", keep="first", maintain_order=True).select("fc", "date", "source_file")
    newest = rows.join(chosen, on=["fc", "date", "source_file"], how="semi", maintain_order="left", nulls_equal=True)
    return newest.filter(pl.col("units").str.strip_chars("0.,") != "")


def _whole_days(rows: pl.DataFrame) -> pl.DataFrame:
    """Each fc × day from one report: the kind that goes first, of that the newest."""
    ordered = rows.select("fc", "date", *OF_FILE).unique().sort("rank", "taken", "source_file", descending=[False, True, True])
    chosen = ordered.unique(["fc", "date"], keep="first", maintain_order=True).select("fc", "date", "source_file")
    return rows.join(chosen, on=["fc", "date", "source_file"], how="semi", maintain_order="left", nulls_equal=True)


COMBINED: Mapping[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "sales": _newest_orders,
    "stock": _snapshots,
    "inbound": _newest_snapshot,
    "items": _filled("sku"),
    "availability": _whole_days,
    "returns": _whole_days,
    "marketplace_recommendations": _filled("date", "sku", "fc"),
}
"""Input table → how rows of several reports become its rows."""
