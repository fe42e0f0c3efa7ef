"""Frames as the page's script reads them: columns of plain values, written so that they take little room."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from flows.report.formats import text

LONGEST_TEXT = 400


def columnar(frame: pl.DataFrame, origin: date) -> dict[str, Any]:
    """Return a frame as {"rows": height, "columns": {name: column}}.

    Dates are days after `origin`, whole numbers are integers, texts are one printable line. A column of texts, or of lists of texts,
    is {"values": each once, "at": place of each row's value in them, null where unknown}.
    """
    return {"rows": frame.height, "columns": {name: _column(frame[name], origin) for name in frame.columns}}


def _column(values: pl.Series, origin: date) -> Any:
    if values.dtype == pl.Date:
        return (values - origin).dt.total_days().to_list()
    if isinstance(values.dtype, pl.List) or values.dtype == pl.String:
        return _told_once(values.to_list())
    return short(values.to_list())


def short(numbers: Sequence[Any]) -> list[Any]:
    """Return numbers, whole ones as integers: `12` is shorter than `12.0` and says the same; what is no number is null."""
    return [_short(number) for number in numbers]


def _short(number: Any) -> Any:
    if isinstance(number, float):
        if number != number:
            return None
        return int(number) if number.is_integer() else number
    return number


def _told_once(values: list[Any]) -> dict[str, Any]:
    places: dict[Any, int] = {}
    at = []
    for value in values:
        key = tuple(value) if isinstance(value, list) else value
        at.append(None if value is None else places.setdefault(key, len(places)))
    return {"values": [_printable(key) for key in places], "at": at}


def _printable(value: Any) -> Any:
    return [text(code, LONGEST_TEXT) for code in value] if isinstance(value, tuple) else text(value, LONGEST_TEXT)
