"""Reports as a seller downloads them, written from lists of columns; every row is made up here."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from data.intake import Intake, read_table
from data.settings import ExportsInput, InputsSettings

TODAY = date(2026, 6, 1)
PLAIN = {
    "orders": "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel "
    "ship-service-level product-name sku asin item-status quantity currency item-price item-promotion-discount ship-state "
    "ship-country promotion-ids",
    "planning": "snapshot-date sku fnsku asin product-name available your-price marketplace product-group days-of-supply "
    "inbound-working inbound-shipped inbound-received unfulfillable-quantity",
    "inventory": "sku fnsku asin product-name your-price afn-fulfillable-quantity afn-unsellable-quantity afn-reserved-quantity "
    "afn-inbound-working-quantity afn-inbound-shipped-quantity afn-inbound-receiving-quantity",
    "reserved": "sku fnsku asin product-name reserved_qty reserved_customerorders reserved_fc-transfers reserved_fc-processing",
    "returns": "return-date order-id sku asin quantity fulfillment-center-id detailed-disposition reason",
}
HEADERS: dict[str, list[str]] = {kind: names.split() for kind, names in PLAIN.items()} | {
    "restock": [
        *("Country", "Product Name", "FNSKU", "Merchant SKU", "ASIN", "Supplier", "Price", "Available", "FC transfer", "FC Processing"),
        *("Customer Order", "Unfulfillable", "Working", "Shipped", "Receiving", "Recommended replenishment qty", "Recommended ship date"),
    ],
    "summary": [
        *("Date", "FNSKU", "ASIN", "MSKU", "Title", "Disposition", "Starting Warehouse Balance", "Receipts", "Customer Shipments"),
        *("Customer Returns", "Lost", "Ending Warehouse Balance", "Location", "Store"),
    ],
    "detail": ["Date", "FNSKU", "ASIN", "MSKU", "Title", "Event Type", "Quantity", "Fulfillment Center", "Disposition", "Country"],
}
"""Kind of report → its columns, as in the reports themselves."""


def report_text(
    kind: str, rows: Sequence[Mapping[str, object]], *, header: Sequence[str] | None = None, separator: str = "\t", quoted: bool = False
) -> str:
    """Return a report with these rows; a cell that a row does not name is empty."""
    columns = list(header or HEADERS[kind])
    lines = [columns, *([str(row.get(column, "")) for column in columns] for row in rows)]
    return "".join(separator.join(f'"{cell}"' if quoted else cell for cell in line) + "\r\n" for line in lines)


def order(number: int, when: str, units: int = 1, *, sku: str = "A", status: str = "Shipped", **more: object) -> dict[str, object]:
    """Return an order line."""
    return {
        "amazon-order-id": f"111-{number}",
        "purchase-date": when,
        "last-updated-date": when,
        "order-status": status,
        "fulfillment-channel": "Amazon",
        "sales-channel": "Amazon.com",
        "product-name": f"Thing {sku}",
        "sku": sku,
        "quantity": units,
        "item-price": 10.0 * units,
    } | more


class Folder:
    """An input folder whose exports are written and read."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.root / "exports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def settings(self, **exports: object) -> InputsSettings:
        return InputsSettings(path=str(self.root), exports=ExportsInput.model_validate(exports))

    def read(self, table: str, **exports: object) -> Intake:
        intake = read_table(self.settings(**exports), table, today=TODAY, fcs=None)
        assert intake is not None, f"no file was taken for {table}"
        return intake


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture(scope="session")
def folder_at() -> type[Folder]:
    return Folder


@pytest.fixture(scope="session")
def text_of() -> Callable[..., str]:
    return report_text


@pytest.fixture(scope="session")
def make_order() -> Callable[..., dict[str, object]]:
    return order


@pytest.fixture(scope="session")
def headers() -> dict[str, list[str]]:
    return HEADERS
