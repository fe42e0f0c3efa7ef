"""Tells people what intake met: one message per table and reason, and one error where a table is of no use."""

import json
from collections.abc import Iterable, Sequence

import polars as pl

from data.errors import InputError
from data.intake.contract import key_columns
from data.messages import PlanMessage

IN_WORDS = {
    "damaged_line": "the line has more fields than the header, or a quote that is not closed",
    "missing_value": "a required value is missing",
    "not_a_date": "not a date",
    "date_out_of_range": "date out of range",
    "date_in_future": "date in the future",
    "not_a_number": "not a number",
    "not_finite": "not a finite number",
    "not_whole": "not a whole number",
    "negative_units": "negative units",
    "negative": "negative value",
    "too_small": "value too small",
    "too_large": "value too large",
    "unknown_fc": "unknown fc",
    "duplicate_key": "duplicate key: all copies",
    "received_before_ordered": "received before it was ordered",
    "lead_time_too_long": "received long after it was ordered",
    "not_allowed": "value not allowed",
    "text_too_long": "text too long",
    "control_character": "a control character in a key",
}
"""Reason → what messages call it."""

FIXES = {
    "damaged_line": "Quote fields that hold the separator, and write a quote inside a quoted field twice.",
    "missing_value": "Fill the column in the source, or leave the rows out of the export.",
    "not_a_date": 'Write dates as 2024-06-30, or state their format: [inputs.{table}] date_format = "%d/%m/%Y".',
    "date_out_of_range": 'Mend the dates; if their format was misread, state it: [inputs.{table}] date_format = "%d/%m/%Y".',
    "date_in_future": 'Mend the dates; if day and month were swapped, state the format: [inputs.{table}] date_format = "%d/%m/%Y".',
    "not_a_number": "Leave numbers bare, without units of measure; if the decimal mark was misread: [inputs.{table}] decimal_comma = true.",
    "negative_units": "Move returned units to the returns table; mend corrections in the source.",
    "too_large": "Mend the value; where a large number stands for none or for any, leave the column empty.",
    "unknown_fc": "Add the fc to the locations table, or mend its spelling.",
    "stock negative": "Count again, and write 0 where nothing is on hand: units owed to customers belong in backordered.",
    "duplicate_key": "Keep one row per key; all copies were set aside, since nothing says which is right.",
}
"""Reason, or table and reason, → what mends it."""

LINE_KEYS = {"inbound": ["order_id", "sku", "fc", "expected_date"], "receipts": ["order_id", "sku", "fc", "ordered_date"]}
"""Columns that tell order lines from one another well enough for a person, though not for a contract."""

OTHER_FIX = "Mend the rows in the source and deliver the file again."


def set_aside(table: str, quarantine: pl.DataFrame, rows: int, places: dict[str, str]) -> list[PlanMessage]:
    """Return one message per first reason of the quarantined rows, most frequent first.

    `rows` is the number of rows read, `places` what each file's rows are counted in (line, row, record).
    """
    messages = []
    for reason, count, example in _reasons(quarantine):
        words = IN_WORDS.get(reason, reason.replace("_", " "))
        messages.append(
            PlanMessage(
                code=reason,
                table=table,
                message=f"{count:,} of {rows:,} rows of {table} were set aside: {words}, first: {_at(example, places)}{_found(example)}.",
                fix=_fix(table, reason),
            )
        )
    return messages


def all_bad(table: str, quarantine: pl.DataFrame, places: dict[str, str]) -> InputError:
    """Return the error for a table without a single good row."""
    reason, count, example = _reasons(quarantine)[0]
    words = IN_WORDS.get(reason, reason.replace("_", " "))
    fix = _fix(table, reason)
    what = f"most often: {words} ({count:,} rows)" if count < quarantine.height else words
    return InputError(
        f"{example['source_file']}: no row of {table} can be used ({quarantine.height:,} read); {what}, "
        f"such as {_at(example, places)}{_found(example)}. Expected: {example['expected']}. {fix}"
    )


def _reasons(quarantine: pl.DataFrame) -> Sequence[tuple[str, int, dict[str, object]]]:
    """Each first reason with its number of rows and its first row."""
    first = quarantine.with_columns(pl.col("reason").str.split(",").list.first().alias("code")).with_row_index("order")
    counts = first.group_by("code").agg(pl.len().alias("rows"), pl.col("order").min()).sort(["rows", "order"], descending=[True, False])
    return [(code, rows, quarantine.row(order, named=True)) for code, rows, order in counts.iter_rows()]


def _at(example: dict[str, object], places: dict[str, str]) -> str:
    """Return where a row stands; one of a query stands nowhere, and is told by what it says of itself."""
    file = str(example["source_file"])
    return file if example["source_line"] is None else f"{file} {places.get(file, 'line')} {example['source_line']}"


def _fix(table: str, reason: str) -> str:
    return FIXES.get(f"{table} {reason}", FIXES.get(reason, OTHER_FIX)).replace("{table}", table)


def _found(example: dict[str, object]) -> str:
    if example["column"] is None:
        return ""
    found, of = example["found"], _whose(example)
    return (
        f' ({of}{example["column"]} is "{found}")' if found is not None and str(found).strip() else f" ({of}{example['column']} is empty)"
    )


def _whose(example: dict[str, object]) -> str:
    """Return which item and fulfilment centre a row speaks of, where its file calls them so; of a query all columns of the key."""
    row = {name.strip().lower(): value for name, value in json.loads(str(example["row"])).items()}
    table = str(example["table"])
    names = ["sku", "fc"] if example["source_line"] is not None else key_columns(table) or LINE_KEYS.get(table, [])
    named = [f"{name} {str(row[name])[:40]}" for name in names if row.get(name)]
    return f"{', '.join(named)}: " if named else ""


def listed(names: Iterable[str], most: int = 10) -> str:
    """Return names as a list for people, cut short when long."""
    every = list(names)
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")
