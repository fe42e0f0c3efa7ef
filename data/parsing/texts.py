"""Reads keys and names as text, whatever type the file gave them."""

import polars as pl

_MARKS = "\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
"""Blanks without width and marks of direction, which come along when texts are copied and which nobody sees."""
_MARKS_AROUND = rf"^[\s{_MARKS}]+|[\s{_MARKS}]+$"


def read_texts(column: pl.Series) -> pl.Series:
    """Return a column as String, exactly as given but for surrounding blanks, invisible ones too; blank is null.

    Whole numbers, also those a file stores as floats, become their digits: 123.0 is "123".

    Raises
    ------
    TypeError
        If the column holds lists, structs or other things that are no single value, or bytes that are no text; the message says which.
    """
    dtype = column.dtype
    if dtype.is_nested() or dtype == pl.Object:
        raise TypeError(f"values of type {dtype}; a single value a row was expected. Write the column flat")
    if dtype == pl.Binary:  # texts of writers that do not mark them as such
        try:
            column = column.cast(pl.String)
        except pl.exceptions.PolarsError as error:
            raise TypeError("bytes that are not UTF-8; text was expected. Write the column as text") from error
    if dtype.is_decimal():
        column = column.cast(pl.Float64)
    if column.dtype.is_float():
        whole = (column == column.round(0)) & (column.abs() < 2**53)
        digits = pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String))
        return pl.select(digits.when(column.is_finite()).then(column.cast(pl.String)).alias(column.name)).to_series()
    texts = column.cast(pl.String, strict=False).str.strip_chars()
    if (texts.str.len_bytes() != texts.str.len_chars()).any():  # a look at the marks costs, and plain texts have none
        texts = texts.str.replace_all(_MARKS_AROUND, "")
    blank = texts.str.len_bytes() == 0
    return texts if not blank.any() else pl.select(pl.when(~blank).then(texts).alias(texts.name)).to_series()
