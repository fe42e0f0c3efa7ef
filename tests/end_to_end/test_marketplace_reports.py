"""A seller drops his reports into one folder as downloaded: from there to an order, night after night."""

from datetime import date, timedelta

import pytest

from data.lake import Lake
from data.published import read_frame

FIRST, LAST = date(2024, 4, 1), date(2024, 6, 9)
CONFIG = """
name = "seller"
horizon = 14
[inputs]
path = "inputs"
[lake]
path = "lake"
[output]
path = "out"
[forecast]
threads = 1
[replenishment]
lead_time_days = 7
review_days = 7
holding_cost = 0.02
shortage_cost = 3.0
"""
ORDERS = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tsales-channel\tproduct-name\tsku\tquantity\titem-price"
PLANNING = "snapshot-date\tsku\tproduct-name\tavailable\tmarketplace\tinbound-shipped"


def orders(since: date, until: date, *, cancelled: str = "") -> str:
    """Orders of whole days: six units of `mug` a day, two of `lid` every other day."""
    lines = [ORDERS]
    for offset in range((until - since).days + 1):
        day = since + timedelta(days=offset)
        number = day.toordinal()
        for sku, units in (("mug", 6), *([("lid", 2)] if number % 2 else [])):
            status = "Cancelled" if cancelled == f"{day}" else "Pending" if day == until else "Shipped"
            updated = until if cancelled else day
            order = f"1-{number}-{sku}\t{day}T20:00:00+00:00\t{updated}T23:00:00+00:00\t{status}\tAmazon.com"
            lines.append(f"{order}\tThe {sku}\t{sku}\t{units}\t{9 * units}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def seller(new_shop):
    shop = new_shop("seller")
    shop.config.write_text(CONFIG)
    shop.write("exports/orders-1.txt", orders(FIRST, LAST))
    shop.write("exports/planning.txt", f"{PLANNING}\n{LAST}\tmug\tThe mug\t12\tUS\t6\n{LAST}\tlid\tThe lid\t500\tUS\t0\n")
    return shop


def sold(shop) -> dict[date, float]:
    rows = Lake(shop.settings("lake.path=" + str(shop.lake)).lake).read("sales").filter(sku="mug")
    return dict(rows.select("date", "units").iter_rows())


def test_from_reports_to_an_order_and_on_with_windows_that_overlap(seller, capsys):
    assert seller.call("check") == 0
    said = capsys.readouterr().out
    assert "exports/orders-1.txt" in said
    assert "FBA inventory planning report" in said
    run = seller.night()
    rows = {row["sku"]: row for row in read_frame(run, "recommendations").iter_rows(named=True)}
    assert rows["mug"]["name"] == "The mug"
    assert (rows["mug"]["fc"], rows["mug"]["on_hand"], rows["mug"]["inbound_units"]) == ("Amazon.com", 12.0, 6.0)
    assert rows["mug"]["order_units"] > 0, "three days of stock do not last two weeks"
    assert rows["lid"]["order_units"] == 0
    before = sold(seller)
    assert len(before) == 70
    assert set(before.values()) == {6.0}
    # The next window overlaps the first, is there twice under two names, and knows of a cancelled day.
    gone = LAST - timedelta(days=3)
    text = orders(LAST - timedelta(days=20), LAST + timedelta(days=1), cancelled=str(gone))
    seller.write("exports/orders-2.txt", text)
    seller.write("exports/orders-2 (1).txt", text)
    seller.night()
    assert sold(seller) == before | {LAST + timedelta(days=1): 6.0}, "a day that falls to nothing is held back once"
    assert seller.messages("day_shrank")
    seller.write("exports/orders-3.txt", orders(LAST - timedelta(days=20), LAST + timedelta(days=2), cancelled=str(gone)))
    seller.night()
    assert sold(seller) == before | {gone: 0.0, LAST + timedelta(days=1): 6.0, LAST + timedelta(days=2): 6.0}
