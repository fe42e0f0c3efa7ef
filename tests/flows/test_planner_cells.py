"""What planners type: numbers that are numbers, packs and limits, reasons; whatever comes is read or refused with its cell."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.workbook.layout import APPROVED, REASON, RECOMMENDED
from flows.workbook.planner_cells import MOST_UNITS, CellFault, approved_units, number_typed, reason_typed
from flows.workbook.sheet import NEEDED, Line

TYPED = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.datetimes(), st.times(),
    st.sampled_from(["#REF!", "=1+1", " ", "１２", "1e3", "-0", "0x10", "1_000", "½", "٣", "12 ", "1 200", "1,200", "nan", "inf"]),
)  # fmt: skip


def line(approved: Any, *, reason: Any = "why", shown: Any = 24.0) -> Line:
    values = {"fc": "N1", "sku": "1", RECOMMENDED: shown, APPROVED: approved, REASON: reason}
    return Line("Orders", 17, {name: index for index, name in enumerate(NEEDED)}, values)


def row(units: float | None = 24.0, case: float | None = 6.0, least: float | None = 12.0, most: float | None = 48.0) -> dict[str, Any]:
    return {"order_units": units, "case_pack": case, "moq": least, "max_units": most}


@pytest.mark.parametrize(
    ("typed", "units"),
    [
        (None, 24),
        ("", 24),
        ("  ", 24),
        (0, 0),
        ("0", 0),
        (12, 12),
        (12.0, 12),
        ("12", 12),
        ("12.0", 12),
        (" 30 ", 30),
        ("３０", 30),
        (24, 24),
    ],
)
def test_numbers_are_taken_however_they_are_stored(typed: Any, units: float) -> None:
    assert approved_units(line(typed), row()) == units


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (-6, "is -6: expected a number, 0 or more"),
        ("-6", "is '-6': expected a number, 0 or more"),
        (7, "is 7: the item comes in cases of 6. Write 6 or 12."),
        (6, "is 6: the least order is 12 units (moq). Write 0, or 12 or more."),
        (54, "is 54: at most 48 units may be ordered (max_units). Write 48 or less."),
        ("many", "is 'many': expected a number"),
        (date(2024, 1, 12), "expected a number"),
        (datetime(2024, 1, 12), "expected a number"),  # noqa: DTZ001 cells have no zone
        (True, "is True: expected a number"),
        (float("nan"), "expected a number"),
        (float("inf"), "expected a number"),
        (2 * MOST_UNITS, "slip of the hand"),
    ],
)
def test_what_cannot_be_ordered_is_told_with_its_cell_and_what_can(typed: Any, told: str) -> None:
    with pytest.raises(CellFault) as fault:
        approved_units(line(typed), row())
    assert str(fault.value).startswith("Orders!D17 ")
    assert told in str(fault.value)


def test_what_was_recommended_can_be_approved_whatever_its_packs() -> None:
    """A run may recommend what a planner had decided before: 7 pieces of cases of 6."""
    assert approved_units(line(7, shown=7.0), row(units=7.0)) == 7.0


@pytest.mark.parametrize(("units", "case"), [(0.6, 0.2), (1.5, 0.5), (2.4, 0.8)])
def test_goods_by_weight_come_in_cases_too(units: float, case: float) -> None:
    assert approved_units(line(units), row(case=case, least=None, most=None)) == units
    with pytest.raises(CellFault, match="comes in cases of"):
        approved_units(line(units + case / 3), row(case=case, least=None, most=None))


def test_without_packs_units_are_whole() -> None:
    assert approved_units(line(5), row(case=None, least=None, most=None)) == 5
    with pytest.raises(CellFault, match="expected whole units"):
        approved_units(line(5.5), row(case=None, least=None, most=None))


def outcome(read: Callable[[], Any]) -> Any:
    """What was read, or the fault."""
    try:
        return read()
    except CellFault as fault:
        return fault


@given(typed=TYPED, units=st.one_of(st.none(), st.integers(0, 500).map(lambda cases: cases * 6.0)))
def test_whatever_is_typed_is_an_order_that_can_be_placed_or_a_fault_with_its_cell(typed: Any, units: float | None) -> None:
    found = outcome(lambda: approved_units(line(typed, shown=units), row(units=units)))
    if isinstance(found, CellFault):
        assert "Orders!D17" in str(found)
    else:
        assert found in (0.0, units or 0.0) or (found % 6 == 0 and 12 <= found <= 48)


@given(st.integers(0, 10**15 - 1))
def test_a_number_is_the_same_as_number_and_as_text(number: int) -> None:
    assert number_typed(number) == number_typed(str(number)) == number_typed(f" {number}.0 ") == number


@given(typed=TYPED, differs=st.booleans())
def test_a_reason_is_a_line_of_text_and_never_missing_where_it_is_needed(typed: Any, differs: bool) -> None:
    found = outcome(lambda: reason_typed(line(12, reason=typed), differs=differs))
    if isinstance(found, CellFault):
        assert "Orders!E17" in str(found)
    else:
        assert found == " ".join(found.split())
        assert found or not differs
