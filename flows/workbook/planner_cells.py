"""Reads what a planner typed into a line: the units to order, and why. Every fault names its cell and what mends it."""

import re
from collections.abc import Mapping
from math import ceil, floor, isfinite
from typing import Any
from unicodedata import normalize

from flows.workbook.layout import APPROVED, REASON, RECOMMENDED
from flows.workbook.sheet import Line

MOST_UNITS = 1_000_000_000
"""More than this is a slip of the hand."""
MOST_LETTERS = 500
"""Length of a reason."""
_TINY = 1e-6
Row = Mapping[str, Any]


class CellFault(ValueError):
    """Something typed that cannot be used; the message names the cell and what mends it."""


def approved_units(line: Line, row: Row) -> float:
    """Return the units that a line orders: the recommendation where nothing was typed.

    Parameters
    ----------
    line
        As it stands in the sheet.
    row
        The run's row: order_units, and case_pack, moq and max_units where they are known.

    Raises
    ------
    CellFault
        If the number is none, negative, breaks cases or a limit, or the recommended number was changed.
    """
    recommended = float(row["order_units"] or 0.0)
    shown, given = number_typed(line.values[RECOMMENDED]), line.values[APPROVED]
    if not is_blank(line.values[RECOMMENDED]) and (shown is None or abs(shown - recommended) > _TINY):
        raise CellFault(
            f"{line.cell(RECOMMENDED)} says {line.values[RECOMMENDED]!r}, the run recommended {recommended:g}. "
            f"Leave {RECOMMENDED} as it was and write your number in {line.cell(APPROVED)}."
        )
    if is_blank(given):
        return recommended
    units = number_typed(given)
    if units is None or units < 0:
        raise CellFault(f"{line.cell(APPROVED)} is {given!r}: expected a number, 0 or more, or an empty cell to accept {recommended:g}.")
    if units > MOST_UNITS:
        raise CellFault(f"{line.cell(APPROVED)} is {units:g}: more than {MOST_UNITS:,} units are taken for a slip of the hand.")
    if units == 0 or abs(units - recommended) <= _TINY:
        return 0.0 if units == 0 else recommended
    return _within_packs(line, row, units)


def reason_typed(line: Line, *, differs: bool) -> str:
    """Return the reason of a line, in one line of text; empty where none was needed and given.

    Raises
    ------
    CellFault
        If the line orders other units than recommended (`differs`) and no reason was typed.
    """
    given = line.values[REASON]
    reason = "" if is_blank(given) else " ".join(str(given).split())
    if differs and not reason:
        raise CellFault(f"{line.cell(REASON)} is empty: {line.cell(APPROVED)} is not what was recommended. Say why, or empty that cell.")
    if len(reason) > MOST_LETTERS:
        raise CellFault(f"{line.cell(REASON)} has {len(reason):,} characters: say it in {MOST_LETTERS} or fewer.")
    return reason


def is_blank(value: object) -> bool:
    """Return whether nothing was typed."""
    return value is None or (isinstance(value, str) and not value.strip())


def number_typed(value: object) -> float | None:
    """Return the number that a cell holds, as a number or as digits; None for anything else, also for what could be read in two ways."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 and isfinite(value) else None
    # full-width digits are digits; 1,200 and 1.200 may be either
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}(\.0+)?", plain := normalize("NFKC", value).strip(), re.ASCII):
        return float(plain)
    return None


def _within_packs(line: Line, row: Row, units: float) -> float:
    case, least, most = row.get("case_pack"), row.get("moq"), row.get("max_units")
    where = line.cell(APPROVED)
    if case is None:
        if not units.is_integer():
            raise CellFault(f"{where} is {units:g}: expected whole units.")
    elif abs(units / case - round(units / case)) > _TINY:
        fewer, more = floor(units / case) * case, ceil(units / case) * case
        raise CellFault(f"{where} is {units:g}: the item comes in cases of {case:g}. Write {fewer:g} or {more:g}.")
    if least is not None and units < least - _TINY:
        raise CellFault(f"{where} is {units:g}: the least order is {least:g} units (moq). Write 0, or {least:g} or more.")
    if most is not None and units > most + _TINY:
        raise CellFault(f"{where} is {units:g}: at most {most:g} units may be ordered (max_units). Write {most:g} or less.")
    return units
