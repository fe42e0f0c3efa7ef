"""Numbers: decimal points and commas told apart over the whole column, texts among them noticed."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.parsing.columns import Understanding, read_columns
from data.parsing.numbers import read_numbers
from data.parsing.texts import read_texts


def units(texts: list[str | None], **known: object) -> list[float | None]:
    """Units as a table reads them, with the decimal mark decided over the column."""
    return (
        read_columns(pl.DataFrame({"units": pl.Series(texts, dtype=pl.String)}), "sales", Understanding(**known)).frame["units"].to_list()
    )


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1,5", "1.234"], [1.5, 1234.0]),
        (["1.5", "1,234"], [1.5, 1234.0]),
        (["1.234,5"], [1234.5]),
        (["1,234.5"], [1234.5]),
        (["1.234.567"], [1234567.0]),
        (["1,234,567"], [1234567.0]),
        (["1.234", "2.500"], [1.234, 2.5]),
        (["0,350", "1,250"], [0.35, 1.25]),
        (["1 234,5", "1\u00a0234,5", "1'234,5"], [1234.5] * 3),
        (["+3", "-3", "−3", ".5", "5.", "1e3"], [3, -3, -3, 0.5, 5, 1000]),
        (["1,5", "1.5"], [1.5, 1.5]),
    ],
)
def test_decimal_marks(texts, values):
    assert units(texts) == values


def test_what_stands_for_nothing_is_null():
    texts = ["", " ", "null", "NULL", "NA", "N/A", "n/a", "-", "nan", "NaN", None]
    parsed = read_numbers(pl.Series(texts))
    assert parsed.values.to_list() == [None] * len(texts)
    assert not parsed.unreadable.any()


@pytest.mark.parametrize("text", ["12 pcs", "abc", "1,2,3", "1.2.3", "12-", "0x10", "1_000", "80%", "yes", "1,23,456", "--5", "."])
def test_text_is_unreadable(text):
    parsed = read_numbers(pl.Series([text, "1"]))
    assert parsed.values.to_list() == [None, 1.0]
    assert parsed.unreadable.to_list() == [True, False]


def test_a_stated_mark_is_strict():
    assert units(["1,5", "1.234", "1.5"], decimal_comma=True) == [1.5, 1234.0, None]
    assert units(["1.5", "1,234", "1,5"], decimal_comma=False) == [1.5, 1234.0, None]


def test_an_open_column_follows_the_others_of_its_file_and_is_said():
    frame = pl.DataFrame({"units": ["1,234", "2"], "price": ["1,5", "2,25"]})
    read = read_columns(frame, "sales", Understanding())
    assert read.frame["units"].to_list() == [1.234, 2.0]
    assert read.guessed_numbers == {"units": ("1,234", True)}


def test_an_open_column_alone_follows_the_dialect_and_is_said():
    frame = pl.DataFrame({"units": ["1,234", "2"]})
    assert read_columns(frame, "sales", Understanding()).frame["units"].to_list() == [1234.0, 2.0]
    by_semicolon = read_columns(frame, "sales", Understanding(commas_are_decimal=True))
    assert by_semicolon.frame["units"].to_list() == [1.234, 2.0]
    assert by_semicolon.guessed_numbers == {"units": ("1,234", True)}


def test_three_decimals_by_points_in_a_file_of_semicolons_stay_decimals():
    read = read_columns(pl.DataFrame({"units": ["1.234", "2.500"]}), "sales", Understanding(commas_are_decimal=True))
    assert read.frame["units"].to_list() == [1.234, 2.5]
    assert read.guessed_numbers == {}


def test_shares():
    texts = ["true", "False", "YES", "no", "1", "0", "80%", "12,5 %", "95%", "0.25", "t", "maybe"]
    parsed = read_numbers(pl.Series(texts), shares=True)
    assert parsed.values.to_list() == [1, 0, 1, 0, 1, 0, 0.8, 0.125, 0.95, 0.25, 1, None]
    assert parsed.unreadable.to_list() == [False] * 11 + [True]
    assert read_numbers(pl.Series([True, False, None]), shares=True).values.to_list() == [1, 0, None]


def test_whole_numbers_only_where_days_are_counted():
    frame = pl.DataFrame({"sku": ["a", "b", "c"], "review_days": ["7", "7.0", "7.5"]})
    read = read_columns(frame, "supply", Understanding())
    assert read.frame["review_days"].to_list()[:2] == [7, 7]
    assert [(problem.reason, problem.rows.to_list()) for problem in read.problems] == [("not_whole", [False, False, True])]


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=20), st.sampled_from([("", "."), (",", "."), (".", ","), (" ", ","), ("'", ".")]))
def test_numbers_come_back_whatever_marks_they_are_written_with(numbers, marks):
    thousands, decimal = marks
    texts = [f"{number:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands) for number in numbers]
    assert units(list(texts)) == [float(f"{number:.2f}") for number in numbers]


@given(st.lists(st.one_of(st.none(), st.text(max_size=15)), max_size=20), st.booleans())
def test_any_text_is_a_number_or_nothing_or_unreadable(texts, shares):
    parsed = read_numbers(pl.Series(texts, dtype=pl.String), shares=shares)
    assert parsed.values.dtype == pl.Float64
    assert not (parsed.values.is_not_null() & parsed.unreadable).any()


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pl.Series(["00123", " a b ", "", "NA", None]), ["00123", "a b", None, "NA", None]),
        (pl.Series([123.0, 7.5, None]), ["123", "7.5", None]),
        (pl.Series([123, 12345678901234]), ["123", "12345678901234"]),
        (pl.Series([1.0e18]), ["1e+18"]),
        (pl.Series(["a"], dtype=pl.Categorical), ["a"]),
    ],
)
def test_keys_are_kept_as_they_are(column, texts):
    assert read_texts(column).to_list() == texts
