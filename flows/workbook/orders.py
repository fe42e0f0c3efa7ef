"""Order files, one CSV per supplier as its system wants it: what to send this morning."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date
from glob import escape
from itertools import groupby
from typing import Any
from unicodedata import normalize

import polars as pl

from data.published import replace_bytes
from data.published.csv_cells import FORMULA_STARTS
from data.settings import ORDER_FIELDS, OrdersSettings
from data.storage import Place
from flows.workbook.check import ApprovedLine

_FREE_TEXT = ("supplier", "name", "reason", "author")
_NUMBERS = ("units", "cases", "case_pack", "unit_cost", "value")
_DATES = ("as_of", "order_date", "arrival_date")
_TYPES = {name: pl.Float64() if name in _NUMBERS else pl.Date() if name in _DATES else pl.String() for name in ORDER_FIELDS}


def write_orders(
    lines: Iterable[ApprovedLine], folder: Place, run_id: str, author: str, template: OrdersSettings
) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """Write the lines as one CSV per supplier; return the files that stand and those removed.

    A file whose content would not change is left alone; files of the same run for suppliers that get nothing any more are removed,
    so that a cancelled order is not sent. Keys are written exactly as given; free text that a spreadsheet would take for a formula
    gets an apostrophe in front.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(lines, key=lambda line: (line.row["supplier"] or "", line.row["fc"], line.row["sku"]))
    by_supplier = {supplier: list(group) for supplier, group in groupby(ordered, key=lambda line: line.row["supplier"] or "")}
    slugs = supplier_slugs(by_supplier)
    files: list[Place] = []
    for supplier, group in by_supplier.items():
        as_of: date = group[0].row["as_of"]
        file = folder / template.file_name.format(supplier=slugs[supplier], run_id=run_id, as_of=as_of)
        _write_if_changed(file, _csv(group, run_id, author, template))
        files.append(file)
    # as_of stands for itself in the pattern too: any date of the run's files
    others = template.file_name.format(supplier="\0", run_id=run_id, as_of="\0")
    there: list[Place] = sorted(folder.glob(escape(others).replace("\0", "*")), key=str)
    removed = [file for file in there if file not in files]
    for file in removed:
        file.unlink()
    return tuple(sorted(files, key=str)), tuple(removed)


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
    return "-".join(letters.split())[:30].strip("-") or ("unnamed" if supplier else "no-supplier")


def _csv(lines: list[ApprovedLine], run_id: str, author: str, template: OrdersSettings) -> bytes:
    frame = pl.DataFrame([_fields(line, run_id, author) for line in lines], schema=_TYPES)
    whole = [name for name in ("units", "cases", "case_pack") if (frame[name].fill_null(0) % 1 == 0).all()]
    frame = frame.with_columns(pl.col(whole).cast(pl.Int64)).select(
        (pl.col(holds) if holds in ORDER_FIELDS else _text(frame, holds)).alias(heading) for heading, holds in template.columns.items()
    )
    return frame.write_csv(separator=template.delimiter, decimal_comma=template.decimal_comma).encode("utf-8")


def _fields(line: ApprovedLine, run_id: str, author: str) -> Mapping[str, Any]:
    row, case, cost = line.row, line.row["case_pack"], line.row["unit_cost"]
    given = {name: row[name] for name in ("as_of", "supplier", "region", "fc", "sku", "name", "order_date", "arrival_date")}
    fields = {
        **given,
        "run_id": run_id,
        "units": line.units,
        "cases": round(line.units / case, 6) if case else None,
        "case_pack": case,
        "unit_cost": cost,
        "value": round(cost * line.units, 2) if cost is not None else None,
        "reason": line.reason or None,
        "author": author,
    }
    return {**fields, **{name: _plain(fields[name]) for name in _FREE_TEXT}}


def _text(frame: pl.DataFrame, holds: str) -> pl.Series:
    """Return a text with names in braces, filled in row by row; nothing stands for what is unknown."""
    filled = [holds.format(**{name: "" if value is None else value for name, value in row.items()}) for row in frame.iter_rows(named=True)]
    return pl.Series([_plain(text) for text in filled], dtype=pl.String)


def _plain(words: str | None) -> str | None:
    return f"'{words}" if words and re.match(FORMULA_STARTS, words) else words


def _write_if_changed(file: Place, content: bytes) -> None:
    if file.exists() and file.read_bytes() == content:
        return
    with replace_bytes(file) as opened:
        opened.write(content)
