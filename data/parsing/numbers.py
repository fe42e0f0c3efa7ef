"""Reads numbers, whatever marks decimals and thousands in them."""

from dataclasses import dataclass

import polars as pl

from data.parsing.parsed import Parsed, spread, without_nothing
from data.parsing.texts import read_texts

TRUE = ("true", "yes", "y", "t")
FALSE = ("false", "no", "n", "f")

_DIGITS_BY_POINT = r"^[-+]?([1-9]\d{0,2}(,\d{3})+|\d+)?(\.\d*)?([eE][-+]?\d{1,3})?$"
_DIGITS_BY_COMMA = r"^[-+]?([1-9]\d{0,2}(\.\d{3})+|\d+)?(,\d*)?([eE][-+]?\d{1,3})?$"


@dataclass(frozen=True)
class Marks:
    """What a column's texts say about its decimal mark.

    Attributes
    ----------
    comma, point
        Distinct values that can only be read with a decimal comma, with a decimal point.
    either
        An example that both readings fit, such as "1,234"; None if there is none.
    """

    comma: int = 0
    point: int = 0
    either: str | None = None

    @property
    def decimal_comma(self) -> bool | None:
        """What most values say; None when they say nothing."""
        return None if self.comma == self.point else self.comma > self.point


def read_marks(column: pl.Series) -> Marks:
    """Return what the texts of a column say about its decimal mark; numeric columns say nothing."""
    if column.dtype != pl.String:
        return Marks()
    marked = column.filter(column.str.contains(r"[.,]"))
    texts = _bare(marked.unique() if marked.str.contains(r",|\..*\.").any() else marked.head(1000).unique())
    by_comma, by_point = texts.str.contains(_DIGITS_BY_COMMA), texts.str.contains(_DIGITS_BY_POINT)
    both = texts.filter(by_comma & by_point)
    return Marks(int((by_comma & ~by_point).sum()), int((by_point & ~by_comma).sum()), next(iter(both.sort()), None))


def read_numbers(column: pl.Series, *, decimal_comma: bool | None = None, likely_comma: bool = False, shares: bool = False) -> Parsed:
    """Return a column as Float64, in one pass for plain numbers and by distinct text for the rest.

    Parameters
    ----------
    column
        Numbers, or texts of numbers.
    decimal_comma
        True: only decimal commas are read, points part thousands; False: the other way round; None: each value tells by itself,
        and `likely_comma` says how to read one such as "1.234" that does not.
    likely_comma
        See above.
    shares
        Whether true/false, yes/no and "80%" are read too, as 1, 0 and 0.8.

    NaN is null. Infinities stay: the contract refuses them.
    """
    dtype = column.dtype
    if (dtype == pl.Boolean and shares) or dtype.is_numeric():
        values = column.cast(pl.Float64, strict=False)
        return Parsed(values.fill_nan(None), values.is_null() & column.is_not_null())
    texts = without_nothing(read_texts(column))
    plain = texts.cast(pl.Float64, strict=False)
    unread = plain.is_null() & texts.is_not_null()
    by_comma = decimal_comma if decimal_comma is not None else likely_comma
    if not unread.any() and not (by_comma and texts.str.contains(".", literal=True).any()):
        return Parsed(plain, unread)
    distinct = texts.unique().drop_nulls()
    values = spread(texts, distinct, _distinct_numbers(distinct, decimal_comma, likely_comma, shares))
    return Parsed(values, values.is_null() & texts.is_not_null())


def _distinct_numbers(distinct: pl.Series, decimal_comma: bool | None, likely_comma: bool, shares: bool) -> pl.Series:
    texts = _bare(distinct)
    percent = texts.str.ends_with("%")
    if shares:
        texts = texts.str.strip_suffix("%").str.strip_chars_end()
    comma = texts.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    point = texts.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    by_comma, by_point = texts.str.contains(_DIGITS_BY_COMMA), texts.str.contains(_DIGITS_BY_POINT)
    infinite = texts.str.to_lowercase().str.contains(r"^[-+]?inf(inity)?$")
    prefer_comma = likely_comma if decimal_comma is None else decimal_comma
    first, first_fits, second, second_fits = (comma, by_comma, point, by_point) if prefer_comma else (point, by_point, comma, by_comma)
    reading = pl.when(infinite).then(point).when(first_fits).then(first)
    if decimal_comma is None:
        reading = reading.when(second_fits).then(second)
    values = pl.select(reading.otherwise(None).alias("value")).to_series()
    if not shares:
        return values
    lowered = texts.str.to_lowercase()
    word = pl.when(lowered.is_in(TRUE)).then(1.0).when(lowered.is_in(FALSE)).then(0.0)
    return pl.select(word.when(percent).then((values / 100).round(15)).otherwise(values).alias("value")).to_series()


def _bare(texts: pl.Series) -> pl.Series:
    """Texts without the blanks or apostrophes that part thousands, with the typographic minus as a hyphen."""
    bare = texts.str.strip_chars().str.replace("−", "-", literal=True)
    parted = bare.str.contains(r"^[-+]?\d{1,3}([\s\u{00A0}\u{202F}'’]\d{3})+([.,]\d*)?\s*%?$")
    together = bare.str.replace_all(r"(\d)[\s\u{00A0}\u{202F}'’]", "${1}")
    return pl.select(pl.when(parted).then(together).otherwise(bare).alias(texts.name)).to_series()
