"""Stock, inbound, returns and days out of stock from the reports that tell them, alone and beside each other."""

from datetime import date

import pytest

HOME = {"marketplace": "Amazon.com"}


def test_inventory_shows_the_day_before_its_download_and_what_is_on_its_way(folder, text_of):
    row = {"sku": "A", "afn-fulfillable-quantity": 8, "afn-unsellable-quantity": 1, "your-price": "25.00", "product-name": "Thing"}
    row |= {"afn-inbound-working-quantity": 5, "afn-inbound-shipped-quantity": 4, "afn-inbound-receiving-quantity": 0}
    folder.put("inventory 2026-05-15.txt", text_of("inventory", [row]))
    stock = folder.read("stock", **HOME).frame
    assert stock.select("date", "sku", "fc", "on_hand", "unfulfillable").rows() == [(date(2026, 5, 14), "A", "Amazon.com", 8.0, 1.0)]
    inbound = folder.read("inbound", shipped_days=10, **HOME).frame
    assert inbound.select("status", "units", "date", "expected_date").rows() == [
        ("working", 5.0, date(2026, 5, 14), date(2026, 6, 13)),
        ("shipped", 4.0, date(2026, 5, 14), date(2026, 5, 24)),
    ]
    assert folder.read("items", **HOME).frame.select("sku", "name", "price").rows() == [("A", "Thing", 25.0)]


def test_reports_of_one_day_fill_each_other_and_the_newest_inbound_counts(folder, text_of):
    planning = {"snapshot-date": "2026-05-14", "sku": "A", "available": 8, "marketplace": "US", "inbound-shipped": 9}
    folder.put("planning.txt", text_of("planning", [planning]))
    reserved = {"sku": "A", "reserved_qty": 7, "reserved_customerorders": 1, "reserved_fc-transfers": 2, "reserved_fc-processing": 4}
    folder.put("reserved_20260515.txt", text_of("reserved", [reserved, reserved | {"sku": "B"}]))
    restock = {"Country": "US", "Merchant SKU": "A", "Available": 6, "Recommended replenishment qty": 6, "Shipped": 0, "Working": 0}
    folder.put("restock_20260517.txt", text_of("restock", [restock]))
    stock = folder.read("stock", **HOME).frame.sort("date", "sku")
    columns = ("date", "sku", "on_hand", "reserved_becoming_sellable", "reserved_for_customers")
    assert stock.select(columns).rows() == [(date(2026, 5, 14), "A", 8.0, 6.0, 1.0), (date(2026, 5, 16), "A", 6.0, None, None)]
    assert folder.read("inbound", **HOME).frame.is_empty(), "nothing is on its way any more"


def test_ledger_balances_over_warehouses_days_out_of_stock_and_returns(folder, text_of):
    def row(day, opening, closing, place="PHL7", kind="SELLABLE", **more):
        balances = {"Starting Warehouse Balance": opening, "Ending Warehouse Balance": closing}
        return {"Date": f"05/{day}/2026", "MSKU": "A", "Disposition": kind, "Location": place, "Store": "US"} | balances | more

    rows = [
        row(13, 10, 6),
        row(13, 3, 2, "ONT8", **{"Customer Returns": 1}),
        row(13, 1, 3, "ONT8", "DEFECTIVE", **{"Customer Returns": 2}),
        row(14, 6, 0),
        row(14, 2, 0, "ONT8"),
        row(17, 0, 30, Receipts=30),
        row(18, 30, 29),
        row(18, 4, 0) | {"MSKU": "B"},
        row(19, 29, 28),
        row(20, 28, 27),
    ]
    folder.put("ledger.csv", text_of("summary", rows, separator=",", quoted=True))
    stock = folder.read("stock").frame.filter(sku="A")
    assert stock.select("date", "on_hand", "unfulfillable").rows()[:3] == [
        (date(2026, 5, 13), 8.0, 3.0),
        (date(2026, 5, 14), 0.0, 0.0),
        (date(2026, 5, 17), 30.0, 0.0),
    ]
    there = folder.read("availability").frame.sort("sku", "date")
    assert [(row["sku"], row["date"].day, row["in_stock"]) for row in there.iter_rows(named=True)] == [
        *(("A", day, share) for day, share in [(13, 1.0), (14, 0.5), (15, 0.0), (16, 0.0), (17, 0.5), (18, 1.0), (19, 1.0), (20, 1.0)]),
        *(("B", day, share) for day, share in [(18, 0.5), (19, 0.0), (20, 0.0)]),
    ]
    assert folder.read("returns").frame.select("date", "units", "resellable_units").rows() == [(date(2026, 5, 13), 3.0, 1.0)]


def test_dates_that_can_be_read_two_ways_are_said_and_the_config_settles_them(folder, text_of):
    row = {"Date": "03/04/2026", "MSKU": "A", "Disposition": "SELLABLE", "Ending Warehouse Balance": 3, "Store": "GB"}
    folder.put("ledger.txt", text_of("summary", [row]))
    (message,) = [message for message in folder.read("stock").messages if message.code == "ambiguous_dates"]
    assert '"03/04/2026" can be read two ways' in message.message
    settled = folder.read("stock", date_format="%d/%m/%Y")
    assert settled.frame.select("date", "fc").rows() == [(date(2026, 4, 3), "Amazon.co.uk")]
    assert settled.messages == ()


def test_returns_told_by_two_reports_count_once(folder, text_of):
    event = {"Date": "05/13/2026", "MSKU": "A", "Event Type": "CustomerReturns", "Quantity": 1, "Disposition": "SELLABLE", "Country": "US"}
    folder.put(
        "detail.txt", text_of("detail", [event, event | {"Event Type": "Shipments", "Quantity": -9}, event | {"Date": "05/14/2026"}])
    )
    back = {"return-date": "2026-05-13T20:00:00+00:00", "sku": "A", "quantity": 2, "detailed-disposition": "DEFECTIVE"}
    folder.put("returns.txt", text_of("returns", [back]))
    told = folder.read("returns", **HOME).frame.sort("date").select("date", "units", "resellable_units").rows()
    assert told == [(date(2026, 5, 13), 2.0, 0.0), (date(2026, 5, 14), 1.0, 1.0)]


def test_own_items_are_filled_from_reports_and_own_stock_goes_before(folder, text_of, make_order):
    lines = [make_order(number, "2026-05-01T20:00:00+00:00", sku=sku) for number, sku in enumerate("AB")]
    folder.put("orders.txt", text_of("orders", lines))
    folder.put("planning.txt", text_of("planning", [{"snapshot-date": "2026-05-14", "sku": "A", "available": 8, "marketplace": "US"}]))
    (folder.root / "items.csv").write_text("sku,name,unit_cost\nA,Mine,4\n")
    (folder.root / "stock.csv").write_text("date,sku,fc,on_hand\n2026-05-14,A,Amazon.com,5\n")
    items = folder.read("items").frame.sort("sku")
    assert items.select("sku", "name", "unit_cost").rows() == [("A", "Mine", 4.0), ("B", "Thing B", None)]
    assert folder.read("stock").frame["on_hand"].to_list() == [5.0]


def test_each_seller_has_a_folder_and_a_pool_of_his_own(folder, text_of, make_order):
    for seller, units in (("acme", 1), ("zenith", 2)):
        folder.put(f"{seller}/orders.txt", text_of("orders", [make_order(units, "2026-05-01T20:00:00+00:00", units, sku=seller)]))
    assert folder.read("sales").frame.select("fc", "units").rows() == [("Amazon.com/acme", 1.0), ("Amazon.com/zenith", 2.0)]
    assert folder.read("items").frame.select("sku", "seller").rows() == [("acme", "acme"), ("zenith", "zenith")]


@pytest.mark.parametrize("quantity", ["1e308", "-1e300", "inf", "9" * 400, "2e8", "two"])
def test_quantities_without_measure_are_set_aside_and_cost_no_other(folder, text_of, quantity):
    one = {"return-date": "2026-05-03T12:00:00+00:00", "order-id": "1", "sku": "A", "quantity": 1, "detailed-disposition": "SELLABLE"}
    rows = [one, one | {"sku": "B", "quantity": quantity}, one | {"sku": "B"}]
    folder.put("returns.txt", text_of("returns", rows))
    intake = folder.read("returns", marketplace="Amazon.com")
    assert intake.frame.select("sku", "units").rows() == [("A", 1.0)]
    assert intake.quarantine.select("source_line", "found").rows() == [(3, quantity[:200])]
