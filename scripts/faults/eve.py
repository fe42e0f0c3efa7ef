"""The night that is disturbed: a shop with two nights behind it, and a delivery that changes every kind of table.

The two nights are made forty days old, so that tonight compacts, cleans up and removes the oldest, and trains anew. One fc moves to
another region, so that its history must be rewritten in every table.
"""

import contextlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from flows.conductor import Request, conduct
from scripts.made_shop import SHOP_FCS, SHOP_SKUS, Shop, found_shop, shop_sales

SATURDAY, SUNDAY, TONIGHT = (date(2024, 6, day) for day in (8, 9, 10))
AGE = timedelta(days=40)
SETTINGS = {"[lake]": "keep_runs_days = 30", "[output]": "keep_runs_days = 30", "[forecast]": "retrain_every_days = 1"}
CORRECTED = date(2024, 6, 5)
"""A day of sales that tonight's delivery corrects."""


def make_eve(root: Path) -> Shop:
    """Make the shop in a new folder as it stands before tonight's run; to be copied, since a copy of the folder is a shop too."""
    shop = found_shop(root)
    text = shop.config.read_text()
    for section, line in SETTINGS.items():
        text = text.replace(f"{section}\n", f"{section}\n{line}\n")
    shop.config.write_text(text)
    shop.open(SATURDAY)
    _night_of_old(shop)
    shop.deliver_sales(SUNDAY, since=SUNDAY)
    shop.deliver_stock(SUNDAY)
    _night_of_old(shop)
    _deliver_tonight(shop)
    return shop


def _night_of_old(shop: Shop) -> None:
    """Run a night and let its manifest say that it was made `AGE` ago."""
    with contextlib.chdir(shop.root):
        run = conduct(shop.settings(), Request(today=datetime.now(UTC).date() - AGE)).run
        assert run is not None
        manifest = json.loads(run.manifest.read_text())
        for moment in ("started_at", "finished_at"):
            manifest[moment] = (datetime.fromisoformat(manifest[moment]) - AGE).isoformat()
        run.manifest.write_bytes(json.dumps(manifest).encode())


def _deliver_tonight(shop: Shop) -> None:
    sales = shop_sales()
    corrected = sales.filter(date=CORRECTED, fc="N1").with_columns(pl.col("units") + 1)
    shop.write("sales/corrected.csv", corrected)
    today = sales.filter(date=TONIGHT)
    bad = pl.DataFrame([{"date": TONIGHT, "sku": sku, "fc": fc, "units": -1} for sku in ("001", "002") for fc in ("N1", "X9")])
    shop.write("sales/today.csv", pl.concat([today, bad], how="vertical_relaxed"))
    shop.deliver_stock(TONIGHT)
    shop.write(
        "availability.csv",
        [{"date": day, "sku": sku, "fc": "N1", "in_stock": 0.5} for day in (SUNDAY, TONIGHT) for sku in SHOP_SKUS[:4]],
    )
    regions = SHOP_FCS | {"N2": "south"}
    shop.write("locations.csv", [{"fc": fc, "region": region, "currency": "EUR"} for fc, region in regions.items()])
    shop.write(
        "items.csv",
        [{"sku": sku, "name": f"Item {sku}", "category": "C0", "unit_cost": 4.0, "price": 9.5} for sku in SHOP_SKUS],
    )
    shop.write("inbound.csv", [{"sku": "005", "fc": "S1", "units": 30, "expected_date": date(2024, 6, 14), "order_id": "PO-2"}])
