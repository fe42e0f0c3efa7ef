"""A lake in a temporary folder and a short way to deliver rows to it."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.contracts import INPUT_TABLES
from data.intake import Intake, SourceFile
from data.lake import DeliveryResult, Lake
from data.messages import PlanMessage
from data.quarantine import Quarantine
from data.settings import Delivery, LakeSettings

Rows = Sequence[tuple[Any, ...]]
FIRST_NIGHT = datetime(2024, 6, 1, 2, 30)  # noqa: DTZ001  the lake takes a time without a zone as UTC


class Deliveries:
    """Deliver rows to a lake as files of tuples in the contract's column order; missing trailing columns are null."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.nights = 0

    def __call__(
        self,
        table: str,
        rows: Rows,
        *,
        file: str = "export.csv",
        delivery: Delivery | None = None,
        bad: int = 0,
        messages: tuple[PlanMessage, ...] = (),
    ) -> DeliveryResult:
        self.nights += 1
        content = repr((table, rows, bad)).encode()
        source = SourceFile(name=file, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        intake = Intake(
            table=table, frame=typed(table, rows, file), quarantine=bad_rows(table, file, bad), messages=messages, files=(source,)
        )
        return self.lake.ingest(intake, delivery=delivery, as_of_delivery=FIRST_NIGHT + timedelta(days=self.nights))


def typed(table: str, rows: Rows, file: str = "export.csv") -> pl.DataFrame:
    schema = INPUT_TABLES[table].create_empty().schema
    names = [name for name in schema if name not in ("source_file", "source_line")]
    filled = [dict(zip(names, [*row, *[None] * (len(names) - len(row))], strict=True)) for row in rows]
    records = [record | {"source_file": file, "source_line": line} for line, record in enumerate(filled, start=2)]
    return pl.DataFrame(records, schema=schema)


def bad_rows(table: str, file: str, count: int) -> pl.DataFrame:
    row = {
        "table": table,
        "source_file": file,
        "column": "units",
        "reason": "negative",
        "found": "-1",
        "expected": "0 or more",
        "row": "{}",
    }
    return pl.DataFrame([row | {"source_line": 100 + number} for number in range(count)], schema=Quarantine.create_empty().schema)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(LakeSettings(path=str(tmp_path / "lake")))


@pytest.fixture
def deliver(lake: Lake) -> Deliveries:
    return Deliveries(lake)


@pytest.fixture
def units(lake: Lake) -> Callable[[], dict[tuple[str, str, str], float]]:
    """What sales hold now: (day, sku, fc) → units."""

    def read() -> dict[tuple[str, str, str], float]:
        rows = lake.read("sales", columns=["date", "sku", "fc", "units"]).iter_rows()
        return {(str(day), sku, fc): amount for day, sku, fc, amount in rows}

    return read
