"""A seller drops his reports into one folder as downloaded: from there to an order, night after night."""

from datetime import date, timedelta

import pytest
from polars.testing import assert_frame_equal

from data.lake import Lake
from data.marketplace import MarketplaceAdvice
from data.published import read_frame, read_manifest

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
RESTOCK = "Country\tMerchant SKU\tAvailable\tRecommended replenishment qty\tRecommended ship date\tDays of Supply\tAlert"
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


def test_the_marketplaces_own_recommendation_is_checked_published_and_read_as_of_the_night(seller, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    run = seller.night()
    assert not (run.path / "marketplace_recommendations.parquet").exists(), "no report recommends anything: no empty file"
    assert "marketplace_recommendations" not in read_manifest(run)["row_counts"]
    later = LAST + timedelta(days=1)
    for day, units in ((LAST, 40), (later, 70)):
        taken = day + timedelta(days=1)
        seller.write(f"exports/restock {taken}.txt", f"{RESTOCK}\nUS\tmug\t12\t{units}\t2024-06-20\t2\tLow stock\nUS\told\t0\t5\t\t\t\n")
    assert seller.call("check") == 0
    said = capsys.readouterr().out
    assert "restock report" in said
    assert "stock 2, inbound 0, items 1, marketplace_recommendations 2" in " ".join(said.split())
    seller.write("exports/orders-2.txt", orders(LAST, later))
    told = {}
    for night in (seller.night("--as-of", str(LAST)), seller.night()):
        advice = MarketplaceAdvice.validate(read_frame(night, "marketplace_recommendations"))
        assert read_manifest(night)["row_counts"]["marketplace_recommendations"] == advice.height == 2
        told[night.as_of] = advice.row(0, named=True)
        assert advice["sku"].to_list() == ["mug", "old"], "an item without a recommendation of ours is named too"
    assert [(row["report_date"], row["recommended_units"], row["alert"]) for row in told.values()] == [
        (LAST, 40.0, "Low stock"),
        (later, 70.0, "Low stock"),
    ]
    assert told[later]["recommended_ship_date"] == date(2024, 6, 20)
    # The same stock with another recommendation: the very same orders.
    before = seller.night("--as-of", str(LAST))
    name = f"exports/restock {later}.txt"
    seller.write(name, (seller.inputs / name).read_text().replace("\t40\t", "\t4000\t"))
    after = seller.night("--as-of", str(LAST))
    assert read_frame(after, "marketplace_recommendations")["recommended_units"].to_list() == [4000.0, 5.0]
    assert_frame_equal(*(read_frame(night, "recommendations").drop("run_id") for night in (before, after)))
