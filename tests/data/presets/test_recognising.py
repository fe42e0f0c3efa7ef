"""Each file is known by its columns, whatever their order, spelling and language; one nobody knows is named."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.presets.reading import reports_used
from data.presets.recognising import find_exports
from data.presets.registry import PRESETS

KINDS = {
    "orders": "amazon_all_orders",
    "planning": "amazon_fba_planning",
    "inventory": "amazon_fba_inventory",
    "reserved": "amazon_reserved",
    "restock": "amazon_restock",
    "summary": "amazon_ledger_summary",
    "detail": "amazon_ledger_detail",
    "returns": "amazon_customer_returns",
}
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "seller_reports"


@settings(max_examples=40, deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), seed=st.integers(0, 10**6), separator=st.sampled_from("\t,;"), quoted=st.booleans())
def test_order_case_blanks_and_further_columns_do_not_matter(headers, folder_at, text_of, kind, seed, separator, quoted):
    dice = random.Random(seed)
    columns = [*headers[kind], "some new column"]
    dice.shuffle(columns)
    spelled = [dice.choice([str.upper, str.lower, str.title])(name).replace("-", dice.choice("- _")) for name in columns]
    spelled = [" " * dice.randint(0, 2) + name + " " * dice.randint(0, 2) if not quoted else name for name in spelled]
    with TemporaryDirectory() as root:
        folder = folder_at(Path(root))
        folder.put("report.txt", text_of(kind, [], header=spelled, separator=separator, quoted=quoted))
        (found,) = find_exports(folder.settings())
    assert found.preset == KINDS[kind]


def test_every_preset_has_a_report_here():
    assert set(KINDS.values()) == set(PRESETS)


def test_localised_headers_and_those_that_the_config_maps(folder, text_of, make_order):
    german = {"amazon-order-id": "Bestellnummer", "sku": "Händler-SKU", "quantity": "Menge", "purchase-date": "Gekauft am"}
    line = {german.get(name, name): cell for name, cell in make_order(1, "2026-05-01T20:00:00+00:00", 2).items()}
    folder.put("auftraege.txt", text_of("orders", [line], header=list(line)).encode("cp1252"))
    (found,) = find_exports(folder.settings())
    assert found.preset is None
    assert found.missing == ("all-orders report", ("purchase_date",))
    assert folder.read("sales", columns={"Gekauft am": "purchase-date"}).frame["units"].to_list() == [2.0]


def test_a_file_nobody_knows_is_named_with_what_mends_it(folder, text_of, make_order):
    folder.put("orders.txt", text_of("orders", [make_order(1, "2026-05-01T20:00:00+00:00")]))
    folder.put("settlement.txt", "settlement-id\ttotal-amount\n1\t2\n")
    folder.put("stock.xlsx", b"PK")
    used = {("exports/orders.txt", "sales"): 1200, ("exports/stock.xlsx", "stock"): 3}
    assert reports_used(find_exports(folder.settings()), used) == [
        ("exports/orders.txt", "all-orders report", "sales 1,200, not items"),
        ("exports/settlement.txt", "not recognised", "nothing"),
        ("exports/stock.xlsx", "not recognised", "nothing"),
    ]
    said = [(message.code, message.message) for message in folder.read("sales").messages]
    assert said == [
        ("exports_recognised", "Reports read: exports/orders.txt as all-orders report."),
        ("export_not_recognised", "exports/settlement.txt was not recognised by its columns: it was left out."),
        ("export_not_recognised", "exports/stock.xlsx is no text file: it was left out."),
    ]


def test_a_report_without_a_marketplace_asks_for_it(folder, text_of):
    folder.put("inventory.txt", text_of("inventory", [{"sku": "A", "afn-fulfillable-quantity": 3}]))
    with pytest.raises(
        InputError, match=r'exports/inventory.txt: this FBA inventory report names no marketplace.*marketplace = "Amazon.com"'
    ):
        folder.read("stock")


def test_real_headers_are_recognised(folder):
    if not SHARED.is_dir():
        pytest.skip("the headers of real reports are not part of the repository and not on this machine")
    for path in SHARED.glob("*.tsv"):
        folder.put(path.name, path.read_bytes())
    found = find_exports(folder.settings())
    assert len(found) == 8
    assert [file.name for file in found if file.preset is None] == []
