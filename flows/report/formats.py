"""Numbers, dates and texts as a reader wants them; nothing here knows HTML."""

from datetime import date, datetime

NOTHING = "–"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Direction overrides would turn the rest of a line around; the marks that right-to-left names need stay.
_UNSEEN = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x202A, 0x202B, 0x202D, 0x202E), "\N{REPLACEMENT CHARACTER}")
_UNSEEN.update({ord("\t"): " ", ord("\n"): " ", ord("\r"): " "})


def _number(value: float, decimals: int) -> str:
    digits = f"{abs(value):,.{decimals}f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return f"−{digits}" if value < 0 and digits.strip("0.,") else digits


def units(value: float | None) -> str:
    """Return units with thousands separators: one decimal below ten, none above, none where it is not needed."""
    if value is None or value != value:
        return NOTHING
    return _number(value, 1 if abs(value) < 10 else 0)


def money(value: float | None, currency: str | None = None) -> str:
    """Return an amount with its currency code: two decimals below one hundred (none when whole), none above."""
    if value is None or value != value:
        return NOTHING
    decimals = 0 if abs(value) >= 100 or float(value).is_integer() else 2
    sign = "−" if value < 0 and round(abs(value), decimals) else ""
    amount = f"{sign}{abs(value):,.{decimals}f}"
    return f"{amount}\N{NO-BREAK SPACE}{text(currency, 8)}" if currency else amount


def percent(share: float | None, decimals: int = 0) -> str:
    """Return a share as per cent; what is neither none nor all never reads 0% or 100%."""
    if share is None or share != share:
        return NOTHING
    edge = 0.5 * 10.0**-decimals / 100
    if 0 < share < edge:
        return f"<{10.0**-decimals:.{decimals}f}%"
    if 1 - edge < share < 1:
        return f">{100 - 10.0**-decimals:.{decimals}f}%"
    return f"{'−' if share < 0 else ''}{abs(share) * 100:,.{decimals}f}%"


def days(value: float | None) -> str:
    """Return a span of days; beyond a year the exact number no longer matters."""
    if value is None or value != value:
        return NOTHING
    return ">365" if value > 365 else units(value)


def seconds(value: float | None) -> str:
    """Return a duration: `0.4 s`, `41 s`, `3 min 05 s`."""
    if value is None or value != value:
        return NOTHING
    if value < 60:
        return f"{_number(value, 1 if value < 10 else 0)} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s"


def day(value: date | None) -> str:
    """Return an ISO date."""
    return NOTHING if value is None else value.isoformat()


def weekday(value: date | None) -> str:
    """Return an ISO date with its weekday in front."""
    return NOTHING if value is None else f"{_WEEKDAYS[value.weekday()]}\N{NO-BREAK SPACE}{value.isoformat()}"


def text(value: object, limit: int = 80) -> str:
    """Return `value` as one line of at most `limit` characters, with what cannot be shown replaced by U+FFFD."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    line = str(value)
    if len(line) > limit:
        line = line[: limit - 1] + "…"
    return line.translate(_UNSEEN)


def words(code: object) -> str:
    """Return a code such as `mark_down` as words: `mark down`."""
    return text(code).replace("_", " ")


def count(number: float | None, one: str, many: str | None = None) -> str:
    """Return `1 line`, `1,200 lines`."""
    return f"{units(number)} {one if number == 1 else many or one + 's'}"
