"""Reads keys and names as text, whatever type the file gave them."""

import polars as pl


def read_texts(column: pl.Series) -> pl.Series:
    """Return a column as String, exactly as given but for surrounding blanks; blank is null.

    Whole numbers, also those a file stores as floats, become their digits: 123.0 is "123".

    Raises
    ------
    TypeError
        If the column holds lists, structs or other things that are no single value; the message names the type.
    """
    dtype = column.dtype
    if dtype.is_nested() or dtype == pl.Object:
        raise TypeError(f"values of type {dtype}")
    if dtype.is_decimal():
        column = column.cast(pl.Float64)
    if column.dtype.is_float():
        whole = (column == column.round(0)) & (column.abs() < 2**53)
        digits = pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String))
        return pl.select(digits.when(column.is_finite()).then(column.cast(pl.String)).alias(column.name)).to_series()
    texts = column.cast(pl.String, strict=False).str.strip_chars()
    blank = texts.str.len_bytes() == 0
    return texts if not blank.any() else pl.select(pl.when(~blank).then(texts).alias(texts.name)).to_series()
