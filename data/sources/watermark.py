"""How far a query has been read: marks, and the times that they are compared by."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from data.settings import TableInput


@dataclass(frozen=True)
class Mark:
    """How far a table has been read: which question was asked, and the newest watermark of its rows (ISO 8601)."""

    asked: str
    newest: str

    def as_text(self) -> str:
        """Return the mark as the lake keeps it."""
        return json.dumps({"asked": self.asked, "newest": self.newest})

    @staticmethod
    def from_text(text: str) -> "Mark":
        """Return the mark that `as_text` wrote."""
        return Mark(**json.loads(text))


def question(config: TableInput, wanted: Mapping[str, str]) -> str:
    """A name for the question: with another one all is read again."""
    return hashlib.sha256(json.dumps([config.query, config.watermark, sorted(wanted.items())]).encode()).hexdigest()[:16]


def less(newest: str, days: int) -> str:
    """Return the watermark that lies `days` before `newest`."""
    return (datetime.fromisoformat(newest) - timedelta(days=days)).isoformat(sep=" ")


def literal(kind: pa.DataType, moment: str) -> str:
    """Return a watermark as SQL writes it for a column of type `kind`: a date, a timestamp, or a timestamp with a zone."""
    at = datetime.fromisoformat(moment)
    if pa.types.is_date(kind):
        return f"DATE '{at.date().isoformat()}'"
    return f"TIMESTAMPTZ '{at.isoformat()}+00:00'" if kind.tz is not None else f"TIMESTAMP '{at.isoformat()}'"


def comparable(moment: date) -> datetime:
    """A date or time as a time without a zone: in UTC where it had one."""
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment
