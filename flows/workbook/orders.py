"""Order files, one CSV per supplier: what to send this morning."""

import hashlib
from collections.abc import Iterable, Mapping
from glob import escape
from itertools import groupby
from pathlib import Path
from typing import Any
from unicodedata import normalize

import polars as pl

_SCHEMA = {
    "run_id": pl.String,
    "supplier": pl.String,
    "fc": pl.String,
    "sku": pl.String,
    "name": pl.String,
    "units": pl.Float64,
    "order_date": pl.Date,
    "arrival_date": pl.Date,
    "value": pl.Float64,
}
Row = Mapping[str, Any]


def write_orders(lines: Iterable[tuple[Row, float]], folder: Path, run_id: str) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Write the lines (row of the run, units) as one CSV per supplier; return the files that stand and those removed.

    A file whose content would not change is left alone; files of the same run for suppliers that get nothing any more are removed,
    so that a cancelled order is not sent. Keys are written exactly as given; free text that a spreadsheet would take for a formula
    gets an apostrophe in front.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(lines, key=lambda line: (line[0]["supplier"] or "", line[0]["fc"], line[0]["sku"]))
    by_supplier = {supplier: list(group) for supplier, group in groupby(ordered, key=lambda line: line[0]["supplier"] or "")}
    slugs = supplier_slugs(by_supplier)
    files = []
    for supplier, group in by_supplier.items():
        file = folder / f"order_{slugs[supplier]}_{run_id}.csv"
        _write_if_changed(file, _csv(group, run_id))
        files.append(file)
    removed = sorted(set(folder.glob(f"order_*_{escape(run_id)}.csv")) - set(files))
    for file in removed:
        file.unlink()
    return tuple(sorted(files)), tuple(removed)


def supplier_slugs(suppliers: Iterable[str]) -> dict[str, str]:
    """Return a part of a file name for each supplier: letters and digits of any script, no two the same."""
    plain = {supplier: _slug(supplier) for supplier in suppliers}
    taken = list(plain.values())
    return {
        supplier: slug if taken.count(slug) == 1 else f"{slug}-{hashlib.sha256(supplier.encode()).hexdigest()[:8]}"
        for supplier, slug in plain.items()
    }


def _slug(supplier: str) -> str:
    letters = "".join(letter if letter.isalnum() else " " for letter in normalize("NFKC", supplier).casefold())
    # a file name holds 255 bytes; a letter takes up to four
    return "-".join(letters.split())[:40].strip("-") or ("unnamed" if supplier else "no-supplier")


def _csv(lines: list[tuple[Row, float]], run_id: str) -> bytes:
    rows = [
        {
            "run_id": run_id,
            "supplier": _plain(row["supplier"]),
            "fc": row["fc"],
            "sku": row["sku"],
            "name": _plain(row["name"]),
            "units": units,
            "order_date": row["order_date"],
            "arrival_date": row["arrival_date"],
            "value": round(row["order_value"] / row["order_units"] * units, 2)
            if row["order_value"] is not None and row["order_units"]
            else None,
        }
        for row, units in lines
    ]
    frame = pl.DataFrame(rows, schema=_SCHEMA)
    if (frame["units"] % 1 == 0).all():
        frame = frame.with_columns(pl.col("units").cast(pl.Int64))
    return frame.write_csv().encode("utf-8")


def _plain(words: str | None) -> str | None:
    return f"'{words}" if words and words[0] in "=+-@\t\r" else words


def _write_if_changed(file: Path, content: bytes) -> None:
    if file.exists() and file.read_bytes() == content:
        return
    unfinished = file.with_name(f".{file.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(file)
