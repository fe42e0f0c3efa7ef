"""Order files as suppliers' systems want them: columns, names, delimiters; and names that lead nowhere else."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from data.settings import ORDER_FIELDS, OrdersSettings
from flows.workbook.check import ApprovedLine
from flows.workbook.orders import write_orders

RUN = "20240414-20240415T021500000"


def line(sku: str = "00123", supplier: str | None = "Acme", units: float = 24.0, **changes: Any) -> ApprovedLine:
    row = {
        "as_of": date(2024, 4, 14), "region": "north", "fc": "N1", "sku": sku, "name": "Tea, green", "supplier": supplier,
        "order_units": 12.0, "order_value": 87.0, "order_date": date(2024, 4, 15), "arrival_date": date(2024, 4, 18),
        "unit_cost": 7.25, "case_pack": 12.0, "moq": 0.0, "max_units": None, **changes,
    }  # fmt: skip
    return ApprovedLine(row, units, "promotion", "Orders!G3", 3)


def written(folder: Path, *lines: ApprovedLine, **template: Any) -> Path:
    (file,), _ = write_orders(lines, folder, RUN, "Li Wei", OrdersSettings(**template))
    return file


def test_columns_come_under_the_names_and_in_the_order_of_the_template(tmp_path: Path) -> None:
    columns = {
        "PO": "{run_id}/{fc}",
        "Item; no": "sku",
        "Cases": "cases",
        "Price": "unit_cost",
        "Due": "arrival_date",
        "Who": "{author}: {reason}",
    }
    file = written(tmp_path, line(), columns=columns, delimiter=";", decimal_comma=True, file_name="PO_{as_of}_{supplier}_{run_id}.txt")
    assert file.name == f"PO_2024-04-14_acme_{RUN}.txt"
    assert file.read_text().splitlines() == [
        'PO;"Item; no";Cases;Price;Due;Who',
        f"{RUN}/N1;00123;2;7,25;2024-04-18;Li Wei: promotion",
    ]


def test_every_field_can_be_a_column(tmp_path: Path) -> None:
    row = pl.read_csv(written(tmp_path, line(), columns={name: name for name in ORDER_FIELDS}), infer_schema=False).row(0, named=True)
    assert row == {
        "run_id": RUN, "as_of": "2024-04-14", "supplier": "Acme", "region": "north", "fc": "N1", "sku": "00123", "name": "Tea, green",
        "units": "24", "cases": "2", "case_pack": "12", "unit_cost": "7.25", "value": "174.0", "order_date": "2024-04-15",
        "arrival_date": "2024-04-18", "reason": "promotion", "author": "Li Wei",
    }  # fmt: skip


def test_what_is_unknown_stays_empty_and_weights_keep_their_fractions(tmp_path: Path) -> None:
    lines = line(unit_cost=None, case_pack=None, arrival_date=None, units=1.5), line("2", units=3.0)
    rows = pl.read_csv(written(tmp_path, *lines, columns={"Q": "units", "C": "cases", "V": "value", "T": "due {arrival_date}"})).rows()
    assert rows == [(1.5, None, None, "due "), (3.0, 0.25, 21.75, "due 2024-04-18")]


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ({"file_name": "../{supplier}_{run_id}.csv"}, "must name a file"),
        ({"file_name": ".{supplier}_{run_id}.csv"}, "must name a file"),
        ({"file_name": "{supplier}.csv"}, "lacks {run_id}"),
        ({"file_name": "{run_id}.csv"}, "lacks {supplier}"),
        ({"file_name": "{supplier.x}{run_id}"}, "is none of supplier, run_id, as_of"),
        ({"file_name": "{supplier}{run_id}{sku}"}, "is none of supplier, run_id, as_of"),
        ({"columns": {"a": "quantity"}}, "'quantity' is none of run_id"),
        ({"columns": {"a": "{units:>10000000}"}}, "is none of run_id"),
        ({"columns": {"a": "{units"}}, "expected '}'"),
        ({"columns": {}}, "at least 1 item"),
        ({"decimal_comma": True}, 'set delimiter = ";"'),
        ({"delimiter": "\n"}, "cannot stand between columns"),
    ],
)
def test_a_template_that_cannot_work_is_refused(template: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told.replace("{", r"\{").replace("}", r"\}")):
        OrdersSettings(**template)


@settings(deadline=None, max_examples=40)
@given(
    suppliers=st.lists(
        st.text(max_size=40) | st.sampled_from(["../../etc", "/root/x", "..\\x", "a\0b", "CON", "~", "%2e%2e"]), min_size=1, unique=True
    )
)
def test_no_supplier_leads_out_of_the_folder(suppliers: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("out") / "orders"
    files, _ = write_orders([line(str(k), supplier=name or None) for k, name in enumerate(suppliers)], folder, RUN, "x", OrdersSettings())
    assert {file.resolve().parent for file in files} == {folder.resolve()}
    assert {path for path in folder.parent.rglob("*") if path.is_file()} == set(files)
    assert sum(pl.read_csv(file).height for file in files) == len(suppliers)


def test_a_free_text_that_looks_like_a_formula_gets_an_apostrophe_keys_do_not(tmp_path: Path) -> None:
    file = written(tmp_path, line("=1+1", name="=cmd"), columns={"sku": "sku", "name": "name", "both": "{sku} {name}"})
    assert pl.read_csv(file).rows() == [("=1+1", "'=cmd", "'=1+1 '=cmd")]
