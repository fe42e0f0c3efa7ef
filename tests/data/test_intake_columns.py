"""Column names: mapping, spelling, and errors that name what was found and the line that mends it."""

import pytest

from data.errors import InputError
from data.intake.matching import match_columns


def test_names_are_compared_without_case_blanks_and_hyphens():
    matched = match_columns("stock", "f.csv", ["Date", "SKU", "FC", "On Hand", "reserved-for-customers", "Note"], {})
    assert matched.positions == {"date": 0, "sku": 1, "fc": 2, "on_hand": 3, "reserved_for_customers": 4}
    assert matched.extra == ("Note",)


def test_a_mapping_uses_an_export_as_it_is():
    matched = match_columns(
        "sales", "f.csv", ["dt", "Product ID", "store", "qty", ""], {"dt": "date", "product id": "sku", "store": "fc", "qty": "units"}
    )
    assert matched.positions == {"date": 0, "sku": 1, "fc": 2, "units": 3}
    assert matched.extra == ()


def test_a_missing_required_column_names_the_nearest_and_the_line_to_write():
    with pytest.raises(InputError) as error:
        match_columns("sales", "sales/2024-06.csv", ["date", "sku", "fc", "Unit Sold"], {})
    assert str(error.value) == (
        'sales/2024-06.csv: sales needs a column "units", and there is none. Columns found: date, sku, fc, Unit Sold. '
        'Nearest: "Unit Sold". If that is it, write in the config: [inputs.sales] columns = {"Unit Sold" = "units"}.'
    )


def test_a_missing_mapped_column_names_the_nearest():
    with pytest.raises(InputError) as error:
        match_columns("sales", "f.csv", ["date", "sku", "fc", "units", "qty_sold"], {"qty_solt": "units"})
    assert 'f.csv: has no column "qty_solt", which [inputs.sales] columns maps to sales.units' in str(error.value)
    assert 'Nearest: "qty_sold". If that is it, write [inputs.sales] columns = {qty_sold = "units"}' in str(error.value)


def test_a_mapping_to_an_unknown_column_is_refused():
    with pytest.raises(InputError, match=r'sales has no column "unit". Nearest: "units"'):
        match_columns("sales", "f.csv", ["x"], {"x": "unit"})


@pytest.mark.parametrize(
    ("header", "mapping"), [(["date", "Date", "sku", "fc", "units"], {}), (["date", "dt", "sku", "fc", "units"], {"dt": "date"})]
)
def test_two_columns_for_one_are_refused_and_one_may_be_left_out(header, mapping):
    with pytest.raises(InputError, match=r"both stand for sales.date; one was expected"):
        match_columns("sales", "f.csv", header, mapping)
    assert match_columns("sales", "f.csv", header, {**mapping, "date": ""}).positions["date"] == 1


def test_price_alone_may_be_missing():
    assert "price" not in match_columns("sales", "f.csv", ["date", "sku", "fc", "units"], {}).positions
    for required in ("date", "sku", "fc", "units"):
        with pytest.raises(InputError, match=f'needs a column "{required}"'):
            match_columns("sales", "f.csv", [name for name in ("date", "sku", "fc", "units", "price") if name != required], {})
