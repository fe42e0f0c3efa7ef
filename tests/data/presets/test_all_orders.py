"""Orders become sales of the right day, pool and price; an order told twice counts once, as its newest state says."""

from datetime import date

import pytest


def sales(intake):
    return intake.frame.sort("fc", "date", "sku").select("date", "sku", "fc", "units", "price").rows()


def test_the_day_is_that_of_the_marketplace_and_the_price_what_was_paid_per_unit(folder, text_of, make_order):
    lines = [
        make_order(1, "2026-05-02T06:59:59+00:00", 2, **{"item-price": "25.00", "item-promotion-discount": "-2.00"}),
        make_order(2, "2026-05-02T07:00:00+00:00", 1),
        make_order(3, "2026-05-02T15:00:00+00:00", 1, **{"sales-channel": "Amazon.co.jp"}),
    ]
    folder.put("orders.txt", text_of("orders", lines))
    intake = folder.read("sales")
    assert sales(intake) == [
        (date(2026, 5, 3), "A", "Amazon.co.jp", 1.0, 10.0),  # midnight in Tokyo has passed
        (date(2026, 5, 1), "A", "Amazon.com", 2.0, 11.5),  # a second before midnight in Los Angeles
        (date(2026, 5, 2), "A", "Amazon.com", 1.0, 10.0),
    ]
    assert sales(folder.read("sales", time_zone="UTC"))[1:] == [(date(2026, 5, 2), "A", "Amazon.com", 3.0, 11.0)]


def test_cancelled_lines_sell_nothing_and_pending_ones_count_unless_told_otherwise(folder, text_of, make_order):
    lines = [
        make_order(1, "2026-05-01T20:00:00+00:00", 3, status="Cancelled"),
        make_order(2, "2026-05-01T20:00:00+00:00", 4, status="Pending", **{"item-price": ""}),
        make_order(3, "2026-05-01T20:00:00+00:00", 2, **{"item-status": "Cancelled"}),
        make_order(4, "2026-05-03T20:00:00+00:00", 5, status="Cancelled"),
        make_order(5, "2026-05-01T20:00:00+00:00", 7, **{"fulfillment-channel": "Merchant"}),
    ]
    folder.put("orders.txt", text_of("orders", lines))
    intake = folder.read("sales")
    assert [(row[0].day, row[3], row[4]) for row in sales(intake)] == [(1, 4.0, None), (3, 0.0, None)]
    said = {message.code: message.message for message in intake.messages}
    assert said["order_lines_cancelled"] == "exports/orders.txt: 3 of 5 order lines are cancelled: they count as no sale."
    assert said["order_lines_pending"].endswith("1 of 5 order lines are pending: they count, without a price.")
    assert "merchant_fulfilled = true" in said["order_lines_merchant"]
    assert [row[3] for row in sales(folder.read("sales", pending=False))] == [0.0, 0.0]
    assert [row[3] for row in sales(folder.read("sales", merchant_fulfilled=True))] == [11.0, 0.0]


def test_windows_that_overlap_count_each_order_once_as_the_newest_of_them_says(folder, text_of, make_order):
    early = [make_order(1, "2026-05-01T20:00:00+00:00", 2, status="Pending"), make_order(2, "2026-05-02T20:00:00+00:00", 1)]
    late = [
        make_order(1, "2026-05-01T20:00:00+00:00", 2, status="Cancelled", **{"last-updated-date": "2026-05-04T20:00:00+00:00"}),
        make_order(2, "2026-05-02T20:00:00+00:00", 1),
        make_order(3, "2026-05-03T20:00:00+00:00", 6),
    ]
    # The later window sorts first by name: which one knows more is told by the update, not by the name.
    folder.put("b.txt", text_of("orders", early))
    folder.put("a.txt", text_of("orders", late))
    assert [(row[0].day, row[3]) for row in sales(folder.read("sales"))] == [(1, 0.0), (2, 1.0), (3, 6.0)]


def test_lines_of_one_order_with_the_same_item_are_both_sold(folder, text_of, make_order):
    folder.put("orders.txt", text_of("orders", [make_order(1, "2026-05-01T20:00:00+00:00", units) for units in (1, 2)]))
    assert [row[3] for row in sales(folder.read("sales"))] == [3.0]


def test_orders_go_to_pools_or_places_as_the_config_says(folder, text_of, make_order):
    lines = [
        make_order(1, "2026-05-01T20:00:00+00:00", **{"sales-channel": "Amazon.de", "ship-country": "FR", "ship-state": "Var"}),
        make_order(2, "2026-05-01T20:00:00+00:00", **{"sales-channel": "Amazon.fr", "ship-country": "DE", "ship-state": "Bremen"}),
        make_order(3, "2026-05-01T20:00:00+00:00", **{"sales-channel": "Non-Amazon DE", "ship-country": "AT", "ship-state": "Tirol"}),
    ]
    folder.put("orders.txt", text_of("orders", lines))

    def fcs(**config):
        return {row[2]: row[3] for row in sales(folder.read("sales", **config))}

    assert fcs() == {"Amazon.de": 2.0, "Amazon.fr": 1.0}
    assert fcs(fcs={"Amazon.de": "EU", "fr": "EU"}) == {"EU": 3.0}
    assert fcs(orders_by="ship_country", fcs={"AT": "Amazon.de"}) == {"Amazon.de": 2.0, "Amazon.fr": 1.0}
    assert fcs(orders_by="ship_state", fcs={"Bremen": "north"}) == {"Var": 1.0, "north": 1.0, "Tirol": 1.0}


def test_what_cannot_be_read_is_set_aside_with_its_line(folder, text_of, make_order):
    lines = [
        make_order(1, "2026-05-01T20:00:00+00:00"),
        make_order(2, "soon"),
        make_order(3, "2026-05-01T20:00:00+00:00", quantity="two"),
        make_order(4, "2026-05-01T20:00:00+00:00", sku=""),
    ]
    folder.put("orders.txt", text_of("orders", lines))
    intake = folder.read("sales")
    assert intake.frame.height == 1
    found = intake.quarantine.select("source_file", "source_line", "column", "reason", "found").rows()
    assert found == [
        ("exports/orders.txt", 3, "date", "not_a_date", "soon"),
        ("exports/orders.txt", 4, "units", "not_a_number", "two"),
        ("exports/orders.txt", 5, "sku", "missing_value", None),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252", "cp932", "gb18030"])
@pytest.mark.parametrize(("separator", "quoted"), [("\t", False), (",", True), (";", False)])
def test_every_encoding_and_separator(folder, text_of, make_order, encoding, separator, quoted):
    name = {"cp1252": "Café crème für Hände", "cp932": "カフェオレの素 業務用", "gb18030": "速溶咖啡礼盒装"}.get(
        encoding, "Café コーヒー 咖啡"
    )
    lines = [make_order(1, "2026-05-01T20:00:00+00:00", 2, **{"product-name": name})]
    folder.put("orders.csv", text_of("orders", lines, separator=separator, quoted=quoted).encode(encoding))
    assert [row[3] for row in sales(folder.read("sales"))] == [2.0]
    assert folder.read("items").frame["name"].to_list() == [name]


@pytest.mark.parametrize("quantity", ["1e308", "inf", "-1e300", "9" * 400, "nan", "\x1b[2J", "=1+1", "1" * 100_000])
def test_quantities_without_measure_are_set_aside_with_their_line(folder, text_of, make_order, quantity):
    lines = [make_order(1, "2026-05-01T20:00:00+00:00", 2), make_order(2, "2026-05-02T20:00:00+00:00", 1) | {"quantity": quantity}]
    folder.put("orders.txt", text_of("orders", lines))
    intake = folder.read("sales")
    assert [row[3] for row in sales(intake)] == [2.0]
    assert intake.quarantine["source_line"].to_list() == [3]
