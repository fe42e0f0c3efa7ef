"""What the marketplace itself recommends, from the reports that tell it."""

from datetime import date

ALERTING = {"Alert": "Low stock", "Recommended action": "Create shipment"}
TOTAL = "Total Days of Supply (including units from open shipments)"
OWN = "Days of Supply at Amazon Fulfillment Network"
SHOWN = ("date", "sku", "fc", "recommended_units", "recommended_ship_date", "days_of_supply", "days_of_supply_with_inbound")


def restock(sku="A", units: object = 40, **more):
    row = {"Country": "US", "Merchant SKU": sku, "Available": 6, "Recommended replenishment qty": units}
    return row | {"Recommended ship date": "2026-06-03", OWN: 25, TOTAL: 30} | ALERTING | more


def recommended(folder, **config):
    return folder.read("marketplace_recommendations", **config)


def test_a_restock_report_names_quantity_date_and_days_of_supply(folder, text_of, headers):
    columns = [*headers["restock"], TOTAL, OWN, *ALERTING]
    folder.put("restock_20260515.txt", text_of("restock", [restock(), restock("B", 0)], header=columns))
    told = recommended(folder).frame
    assert told.select(SHOWN).rows() == [
        (date(2026, 5, 14), "A", "Amazon.com", 40.0, date(2026, 6, 3), 25.0, 30.0),
        (date(2026, 5, 14), "B", "Amazon.com", 0.0, date(2026, 6, 3), 25.0, 30.0),
    ]
    assert told["alert"].to_list() == ["Low stock"] * 2
    assert told["recommended_action"].to_list() == ["Create shipment"] * 2


def test_reports_of_one_day_fill_each_other_and_an_item_of_which_nothing_is_said_has_no_row(folder, text_of, headers):
    planning = {"snapshot-date": "2026-05-14", "sku": "A", "available": 6, "marketplace": "US", "days-of-supply": 21}
    columns = [*headers["planning"], "alert", "recommended-action"]
    folder.put("planning.txt", text_of("planning", [planning, planning | {"sku": "C", "days-of-supply": ""}], header=columns))
    assert recommended(folder).frame.select(SHOWN).rows() == [(date(2026, 5, 14), "A", "Amazon.com", None, None, 21.0, None)]
    folder.put("restock_20260515.txt", text_of("restock", [restock()], header=[*headers["restock"], TOTAL, OWN, *ALERTING]))
    both = recommended(folder).frame
    assert both.select(SHOWN).rows() == [(date(2026, 5, 14), "A", "Amazon.com", 40.0, date(2026, 6, 3), 21.0, 30.0)]
    assert both["alert"].to_list() == ["Low stock"]


def test_a_newer_planning_report_names_what_to_ship_in(folder, text_of, headers):
    row = {"snapshot-date": "2026-05-14", "sku": "A", "available": 6, "marketplace": "US"}
    row |= {"Recommended ship-in quantity": 12, "Recommended ship-in date": "2026-05-20"}
    folder.put("planning.txt", text_of("planning", [row], header=[*headers["planning"], *row.keys() - set(headers["planning"])]))
    assert recommended(folder).frame.select(SHOWN).rows() == [(date(2026, 5, 14), "A", "Amazon.com", 12.0, date(2026, 5, 20), None, None)]


def test_what_cannot_be_read_is_left_empty_and_told_but_holds_up_nothing(folder, text_of):
    rows = [restock(units="many"), restock("B", -3), restock("C", 4, **{"Recommended ship date": "soon"})]
    folder.put("restock_20260515.txt", text_of("restock", rows))
    intake = recommended(folder)
    assert intake.quarantine.is_empty()
    assert intake.frame.select("sku", "recommended_units", "recommended_ship_date").rows() == [
        ("A", None, date(2026, 6, 3)),
        ("B", None, date(2026, 6, 3)),
        ("C", 4.0, None),
    ]
    said = [message.message for message in intake.messages if message.code == "recommendation_unreadable"]
    file = "exports/restock_20260515.txt"
    assert said == [
        f'{file}: 2 cells of recommended_replenishment_qty cannot be read, first: line 2 ("many"); they were left empty.',
        f'{file}: 1 cell of recommended_ship_date cannot be read, first: line 4 ("soon"); it was left empty.',
    ]


def test_a_day_to_send_by_that_can_be_read_two_ways_is_said_and_the_config_settles_it(folder, text_of):
    folder.put("restock_20260515.txt", text_of("restock", [restock(**{"Recommended ship date": "06/05/2026"})]))
    (message,) = [message for message in recommended(folder).messages if message.code == "ambiguous_dates"]
    assert '"06/05/2026" can be read two ways' in message.message
    settled = recommended(folder, date_format="%d/%m/%Y")
    assert settled.frame["recommended_ship_date"].to_list() == [date(2026, 5, 6)]
    assert settled.messages == ()


def test_each_seller_has_his_own(folder, text_of):
    for seller, units in (("acme", 1), ("zenith", 2)):
        folder.put(f"{seller}/restock_20260515.txt", text_of("restock", [restock(units=units)]))
    assert recommended(folder).frame.select("fc", "recommended_units").rows() == [("Amazon.com/acme", 1.0), ("Amazon.com/zenith", 2.0)]
