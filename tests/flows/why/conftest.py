"""A shop whose second night holds every kind of row: limits, planners' decisions, closed suppliers, late goods, unknown stock."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

SECOND = date(2024, 6, 10)
"""The Monday after the shop's first night."""

OVERRIDES = """\
sku,fc,field,value,reason,author,expires
005,N1,order_units,30,fair,Ada,2024-07-01
005,N2,exclude,1,recall,Ada,2024-07-01
005,S1,demand_multiplier,1.5,fair,Ada,2024-07-01
006,S1,service_level,0.99,fair,Ada,2024-07-01
008,N1,order_units,7,fair,Ada,2024-07-01
"""

TERMS: dict[str, dict[str, Any]] = {
    "001": {"moq": 24},
    "002": {"moq": 240, "service_level": 0.9},
    "003": {"moq": 12, "max_units": 6},
    "009": {"max_units": 12},
    "010": {"order_weekdays": "Wed"},
    "011": {"supplier": "Borg", "holding_cost": None, "lead_time_days": 3},
}
"""What `supply` says of an item besides its supplier, case pack and holding cost."""

LEAST_TERMS = {"supplier": "Acme", "case_pack": 6, "holding_cost": 0.05}
OPTIONAL = ("moq", "max_units", "order_weekdays", "service_level", "lead_time_days")

RECEIVED = [
    {
        "sku": "008",
        "fc": "S1",
        "supplier": "Acme",
        "ordered_date": date(2024, 4, ordered),
        "received_date": date(2024, 4, ordered + took),
        "units_ordered": 12,
    }
    for ordered, took in zip(range(1, 15, 2), (2, 3, 2, 4, 3, 2, 5), strict=True)
]

STOCK = {("N1", "006"): 900.0, ("N1", "009"): 400.0, ("S1", "009"): 0.0}


@pytest.fixture(scope="session")
def varied_night(tmp_path_factory: pytest.TempPathFactory, first_night: Path, shop_at: type) -> Path:
    """The folder of a shop that has run its second night; to be looked at, never changed."""
    root = tmp_path_factory.mktemp("varied") / "shop"
    shutil.copytree(first_night, root, symlinks=True)
    shop = shop_at(root)
    skus = [f"{number:03}" for number in range(1, 13)]
    supply = [{"sku": sku} | LEAST_TERMS | dict.fromkeys(OPTIONAL) | TERMS.get(sku, {}) for sku in skus]
    shop.write("supply.csv", pl.DataFrame(supply, infer_schema_length=None))
    # Of 012 neither cost nor price is known, of 011 no holding cost: it is derived from unit cost.
    known = [{"sku": sku, "name": f"Item {sku}", "unit_cost": 4.0, "price": 9.0} for sku in skus if sku != "012"]
    shop.write("items.csv", known)
    shop.write("overrides.csv", OVERRIDES)
    shop.write("receipts.csv", RECEIVED)
    inbound = {"sku": "004", "fc": "N1", "units": 30, "ordered_date": date(2024, 6, 1), "order_id": "PO-1"}
    lines = [inbound | {"expected_date": date(2024, 6, 8)}, inbound | {"expected_date": date(2024, 6, 14), "order_id": "PO-2"}]
    late = {"sku": "008", "fc": "S1", "units": 12, "ordered_date": date(2024, 6, 7), "expected_date": date(2024, 6, 9), "order_id": "PO-3"}
    lines.append(late)
    shop.write("inbound.csv", lines)
    shop.deliver_sales(SECOND, since=SECOND)
    shop.deliver_stock(SECOND, STOCK)
    # Its stock was never counted at N2: a row of the first night's snapshot would be rolled forward.
    for snapshot in sorted((root / "inputs" / "stock").iterdir()):
        rows = pl.read_csv(snapshot, schema_overrides={"sku": pl.String})
        rows = rows.filter((pl.col("fc") != "N2") | (pl.col("sku") != "011")).with_columns(
            backordered=pl.when(sku="007", fc="N1").then(3), reserved_becoming_sellable=pl.when(sku="007", fc="N1").then(5)
        )
        if snapshot.stem == str(SECOND):
            rows = rows.filter((pl.col("fc") != "N2") | (pl.col("sku") != "010"))
        rows.write_csv(snapshot)
    shop.night()
    return root


@pytest.fixture
def varied(varied_night: Path, shop_at: type) -> Any:
    """The shop of that night."""
    return shop_at(varied_night)
