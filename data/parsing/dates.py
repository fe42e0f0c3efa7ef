"""Reads dates in the formats that exports use, day first or month first as the whole column says."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from data.parsing.parsed import Parsed, spread, without_nothing
from data.parsing.texts import read_texts

EARLIEST = date(1990, 1, 1)
LATEST = date(2100, 12, 31)
"""Dates outside are mistakes, not history."""
NEVER = ("9999-12-31", "0001-01-01", "0000-00-00")
"""Dates by which systems say that there is none."""

_EXCEL_DAY_ZERO = date(1899, 12, 30)
_TIME = r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR_FIRST = r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _TIME
_COMPACT = r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})" + _TIME
_DAY_NAMED_MONTH = r"(?i)^(?P<day>\d{1,2})[-/. ]*" + _MONTH + r"[-/., ]*(?P<year>\d{4}|\d{2})" + _TIME
_NAMED_MONTH_DAY = r"(?i)^" + _MONTH + r"[-/. ]*(?P<day>\d{1,2}),?[-/ ]+(?P<year>\d{4})" + _TIME
_YEAR_LAST = r"^(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second>\d{1,2})[-/.](?P<year>\d{4}|\d{2})" + _TIME
_SERIAL = r"^(\d{5})(?:\.\d+)?$"


@dataclass(frozen=True)
class Reading:
    """How the dates of one kind (`03/04/2024`, say) were read.

    Attributes
    ----------
    mark
        What stands between the parts.
    day_first
        The reading taken.
    certain
        Whether the values themselves settle it; otherwise it is the more plausible one.
    example
        A value that either reading fits.
    """

    mark: str
    day_first: bool
    certain: bool
    example: str | None = None


@dataclass(frozen=True)
class ParsedDates(Parsed):
    """Dates of one column, and how those that could be read two ways were read."""

    out_of_range: pl.Series
    readings: tuple[Reading, ...] = ()


def read_dates(
    column: pl.Series, *, date_format: str | None = None, today: date | None = None, day_first: bool | None = None, optional: bool = False
) -> ParsedDates:
    """Return a column as Date.

    Date and Datetime columns are taken as they are, in their own time zone. Texts are read by `date_format` first, then as ISO
    dates with or without a time, 20240611, 11-Jun-2024, Excel day numbers, and 11/06/2024 or 06/11/2024.
    A value above 12 settles for the column which of the last two it is. Where none does: `day_first`, else the reading with fewer
    dates after `today`, then the shorter span, then nearer to `today`; if all tie, month first with slashes and day first otherwise.

    Parameters
    ----------
    column
        Dates, times, whole numbers or texts.
    date_format
        strptime format; values such as 11/06/2024 are then read by it alone.
    today
        Day after which a date is implausible; None when dates to come are usual.
    day_first
        What other files of the table say.
    optional
        Whether a date that stands for "never" (9999-12-31) is null; otherwise it is out of range.

    Raises
    ------
    ValueError
        If `date_format` is no strptime format of a whole date.
    """
    if column.dtype == pl.Date or isinstance(column.dtype, pl.Datetime):
        values = column if column.dtype == pl.Date else column.dt.date()
        return _in_range(values, column.is_not_null(), optional, ())
    texts = without_nothing(read_texts(column))
    distinct = texts.unique().drop_nulls().sort()
    values, readings = _distinct_dates(distinct, date_format, today, day_first)
    parsed = _in_range(values, distinct.is_not_null(), optional, readings, distinct)
    return ParsedDates(
        spread(texts, distinct, parsed.values),
        _flagged(texts, distinct, parsed.unreadable),
        _flagged(texts, distinct, parsed.out_of_range),
        readings,
    )


def _flagged(texts: pl.Series, distinct: pl.Series, flags: pl.Series) -> pl.Series:
    return texts.is_in(distinct.filter(flags).implode()).fill_null(False) if flags.any() else pl.repeat(False, texts.len(), eager=True)


def _in_range(
    values: pl.Series, there: pl.Series, optional: bool, readings: tuple[Reading, ...], texts: pl.Series | None = None
) -> ParsedDates:
    never = values.is_in([date(9999, 12, 31), date(1, 1, 1)]).fill_null(False)
    if texts is not None:
        never |= texts.str.slice(0, 10).is_in(NEVER)
    if not optional:
        never &= False
    inside = values.is_between(EARLIEST, LATEST).fill_null(False)
    outside = values.is_not_null() & ~inside & ~never
    kept = pl.select(pl.when(inside).then(values).alias(values.name)).to_series() if not inside.all() else values
    return ParsedDates(kept, there & values.is_null() & ~never, outside, readings)


def _distinct_dates(
    texts: pl.Series, date_format: str | None, today: date | None, day_first: bool | None
) -> tuple[pl.Series, tuple[Reading, ...]]:
    frame = texts.alias("text").to_frame()
    candidates = [_assembled(pattern) for pattern in (_YEAR_FIRST, _COMPACT, _DAY_NAMED_MONTH, _NAMED_MONTH_DAY)]
    days = pl.col("text").str.extract(_SERIAL).cast(pl.Int64, strict=False)
    candidates.append((pl.lit(_EXCEL_DAY_ZERO) + pl.duration(days=days)).cast(pl.Date))
    readings: tuple[Reading, ...] = ()
    if date_format is not None:
        told = texts.str.strptime(pl.Date, _checked(date_format), strict=False)
        frame = frame.with_columns(told.alias("told"))
        candidates.insert(0, pl.col("told"))
    else:
        year_last, readings = _year_last(frame, today, day_first)
        frame = frame.with_columns(year_last)
        candidates.append(pl.col("year_last"))
    return frame.select(pl.coalesce(candidates).alias("date")).to_series(), readings


def _checked(date_format: str) -> str:
    """Return the format, if a date written by it can be read by it again."""
    day = datetime(2024, 6, 13, 10, 11, 12, tzinfo=UTC)
    try:
        back = pl.Series([day]).dt.strftime(date_format).str.strptime(pl.Date, date_format, strict=False)[0]
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    if back != day.date():
        raise ValueError("it does not tell a day, month and year")
    return date_format


def _assembled(pattern: str) -> pl.Expr:
    """The date that a pattern with groups year, month and day finds in the text; null where there is no such day."""
    parts = pl.col("text").str.extract_groups(pattern).struct
    month = parts.field("month")
    named = month.str.to_lowercase().str.slice(0, 3).replace_strict(list(_MONTHS), [str(number + 1) for number in range(12)], default=month)
    return _date(parts.field("year"), named, parts.field("day"))


def _date(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """A date from texts of its parts. Years of two digits are 1970 to 2069."""
    short = pl.when(year.cast(pl.Int32, strict=False) < 70).then(pl.lit("20")).otherwise(pl.lit("19"))
    full = pl.when(year.str.len_chars() == 2).then(pl.concat_str(short, year)).otherwise(year)
    return pl.concat_str(full, month.str.zfill(2), day.str.zfill(2), separator="-").str.to_date("%Y-%m-%d", strict=False)


def _year_last(frame: pl.DataFrame, today: date | None, day_first: bool | None) -> tuple[pl.Series, tuple[Reading, ...]]:
    """Dates of the kinds 11/06/2024, 11-06-2024 and 11.06.2024, each kind read one way throughout."""
    groups = pl.col("text").str.extract_groups(_YEAR_LAST).struct.unnest()
    parts = frame.select("text", groups).with_row_index()
    # 24-06-11 may as well begin with the year.
    parts = parts.filter(pl.col("mark").is_not_null() & ((pl.col("mark") != "-") | (pl.col("year").str.len_chars() == 4)))
    dated = parts.with_columns(
        _date(pl.col("year"), pl.col("second"), pl.col("first")).alias("by_day"),
        _date(pl.col("year"), pl.col("first"), pl.col("second")).alias("by_month"),
    )
    readings = tuple(
        reading for kind in dated.partition_by("mark", maintain_order=True) if (reading := _reading(kind, today, day_first)) is not None
    )
    marks = [reading.mark for reading in readings if not reading.day_first]
    by_month = pl.col("mark").is_in(marks)
    chosen = pl.when(by_month).then(pl.coalesce("by_month", "by_day")).otherwise(pl.coalesce("by_day", "by_month"))
    found = dated.select("index", chosen.alias("year_last"))
    return frame.with_row_index().join(found, on="index", how="left", maintain_order="left")["year_last"], readings


def _reading(kind: pl.DataFrame, today: date | None, day_first: bool | None) -> Reading | None:
    """Decide how one kind of date is read; None if both readings say the same."""
    mark = kind["mark"][0]
    only_day = int((kind["by_day"].is_not_null() & kind["by_month"].is_null()).sum())
    only_month = int((kind["by_month"].is_not_null() & kind["by_day"].is_null()).sum())
    two_ways = kind.filter(pl.col("by_day").is_not_null() & (pl.col("by_day") != pl.col("by_month")))
    if not (only_day or only_month or two_ways.height):
        return None
    example = two_ways["text"].min() if two_ways.height else None
    if bool(only_day) != bool(only_month):
        return Reading(mark, only_day > 0, certain=True)
    if only_day != only_month:
        chosen = only_day > only_month
    elif day_first is not None:
        return Reading(mark, day_first, certain=True)
    else:
        by_day, by_month = _implausible(kind["by_day"], today), _implausible(kind["by_month"], today)
        chosen = mark != "/" if by_day == by_month else by_day < by_month
    return Reading(mark, chosen, certain=example is None or mark == ".", example=str(example))


def _implausible(dates: pl.Series, today: date | None) -> tuple[int, timedelta, timedelta]:
    """How little a reading convinces: dates to come, the span of the dates, the distance of the newest from today."""
    newest, oldest = dates.max(), dates.min()
    if not isinstance(newest, date) or not isinstance(oldest, date):
        return (0, timedelta(0), timedelta(0))
    future = 0 if today is None else int((dates > today).sum())
    return (future, newest - oldest, timedelta(0) if today is None else abs(today - newest))
