"""Numbers and small tables of the terminal's account of a row."""

from collections.abc import Sequence

from flows.report.formats import text

Lines = list[str]

INDENT = 12
"""Columns in front of the words of a line that begins with a number."""


def number(value: float | None, *, sign: bool = False) -> str:
    """Return a number with thousands separators and at most two decimals, three below 1; with `sign` a plus in front of a gain."""
    if value is None or value != value:
        return "unknown"
    decimals = 3 if abs(value) < 1 else 2
    digits = f"{abs(value):,.{decimals}f}".rstrip("0").rstrip(".")
    if digits == "0":
        return "0"
    return f"{'−' if value < 0 else '+' if sign else ''}{digits}"


def units(value: float | None) -> str:
    """Return `1 unit`, `12.5 units`."""
    return times(value, "unit")


def times(value: float | None, one: str) -> str:
    """Return a number of things, in the plural where need be."""
    return f"{number(value)} {one if value == 1 else one + 's'}"


def amount(value: float | None, currency: str | None, *, sign: bool = False) -> str:
    """Return money with its currency, where one is known; small costs with as many decimals as they need."""
    if value is None or value != value:
        return "unknown"
    digits = f"{abs(value):,.2f}" if abs(value) >= 0.1 else f"{abs(value):.4f}"
    # Two decimals at least; more only where a small amount has them.
    digits = digits[:4] + digits[4:].rstrip("0") if abs(value) < 0.1 else digits
    minus = "−" if value < 0 and digits.strip("0.,") else "+" if sign and digits.strip("0.,") else ""
    return f"{minus}{digits}" + (f" {text(currency, 8)}" if currency else "")


def dearer(costs: float, currency: str | None) -> str:
    """Return `costs 1.20 EUR more`, `saves 1.20 EUR` or `costs the same`."""
    if abs(costs) < 0.00005:
        return "costs the same"
    return f"costs {amount(costs, currency)} more" if costs > 0 else f"saves {amount(-costs, currency)}"


def table(rows: Sequence[Sequence[str]], *, left: int = 1) -> Lines:
    """Return rows of cells as aligned lines, two spaces apart; the first `left` columns to the left, the others to the right."""
    if not rows:
        return []
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            f"{cell:<{width}}" if place < left else f"{cell:>{width}}" for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
