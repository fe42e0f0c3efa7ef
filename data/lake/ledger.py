"""The record of deliveries: which files were taken in, what was held back, and what there was to say about them.

One row per delivery, written last. A run killed before it leaves data without a record; taking the same files in again
then finds nothing to change and writes the record, so the end is the same.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from data.lake import delta
from data.messages import PlanMessage
from data.storage import Place

TABLE = "deliveries"
SCHEMA: dict[str, pl.DataType] = {
    "sequence": pl.Int64(),
    "table": pl.String(),
    "delivered_at": pl.Datetime("us", "UTC"),
    "mode": pl.String(),
    "version": pl.Int64(),
    "files": pl.String(),
    "held_back": pl.String(),
    "messages": pl.String(),
    "mark": pl.String(),
}
WHOLE_TABLE = "whole_table"
"""Mode of a delivery that replaced all its table held before; the other modes are those of the settings."""


@dataclass(frozen=True)
class HeldDay:
    """A day of an fc that came in much smaller than it was and waits to be delivered once more.

    `fingerprint` is of the smaller day; units are null for tables that have none.
    """

    date: date
    fc: str
    rows_before: int
    rows_now: int
    units_before: float | None
    units_now: float | None
    fingerprint: str


@dataclass(frozen=True)
class Ledger:
    """What the record says of one table up to now.

    sequence
        Number of its newest delivery, from 1; 0 before the first.
    version
        Delta version of the table after it; None before the first, and where a delivery made no table.
    mark
        How far a query with a watermark has been read; None where there was none.
    """

    sequence: int
    version: int | None
    files: dict[str, str]
    file_sequence: dict[str, int]
    held_back: tuple[HeldDay, ...]
    messages: tuple[PlanMessage, ...]
    mark: str | None = None


def read_ledger(root: Place, table: str, version: int | None = None) -> Ledger:
    """Return the record of `table`; that of a table never delivered is empty."""
    ledger = Ledger(0, None, {}, {}, (), ())
    if version is None and not delta.exists(root, TABLE):
        return ledger
    with delta.intact(root, TABLE):
        rows = delta.scan(root, TABLE, SCHEMA, version).filter(pl.col("table") == table).sort("sequence").collect()
    for row in rows.iter_rows(named=True):
        new: dict[str, str] = json.loads(row["files"])
        whole = row["mode"] == WHOLE_TABLE
        numbers = dict.fromkeys(new, row["sequence"])
        ledger = Ledger(
            sequence=row["sequence"],
            version=row["version"],
            files=new if whole else ledger.files | new,
            file_sequence=numbers if whole else ledger.file_sequence | numbers,
            held_back=tuple(_held_day(day) for day in json.loads(row["held_back"])),
            messages=tuple(PlanMessage(**message) for message in json.loads(row["messages"])),
            mark=row["mark"] or ledger.mark,
        )
    return ledger


def record(
    root: Place,
    table: str,
    *,
    sequence: int,
    delivered_at: datetime,
    mode: str,
    version: int | None,
    files: dict[str, str],
    held_back: Sequence[HeldDay],
    messages: Iterable[PlanMessage],
    mark: str | None = None,
) -> None:
    """Append one delivery to the record, in one commit. A time without a zone is taken as UTC."""
    row = {
        "sequence": sequence,
        "table": table,
        "delivered_at": in_utc(delivered_at),
        "mode": mode,
        "version": version,
        "files": json.dumps(files, ensure_ascii=False),
        "held_back": json.dumps([asdict(day) | {"date": day.date.isoformat()} for day in held_back], ensure_ascii=False),
        "messages": json.dumps([asdict(message) for message in messages], ensure_ascii=False),
        "mark": mark,
    }
    delta.append_record(root, TABLE, pl.DataFrame([row], schema=SCHEMA))


def newest_delivery(root: Place) -> datetime | None:
    """Return when the newest delivery of any table was taken in, by the clock of then; None before the first."""
    if not delta.exists(root, TABLE):
        return None
    with delta.intact(root, TABLE):
        newest: datetime | None = delta.scan(root, TABLE, SCHEMA).select(pl.col("delivered_at").max()).collect().item()
    return newest


def in_utc(moment: datetime) -> datetime:
    """Return `moment` in UTC; one without a zone is taken to be in UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def delivery_id(table: str, sequence: int, files: dict[str, str]) -> str:
    """Return a name for a delivery that is the same when a killed one is taken in again."""
    return hashlib.sha256(json.dumps([table, sequence, sorted(files.items())]).encode()).hexdigest()[:20]


def _held_day(fields: dict[str, Any]) -> HeldDay:
    return HeldDay(**fields | {"date": date.fromisoformat(fields["date"])})
