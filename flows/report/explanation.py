"""A row's numbers put into sentences a planner can follow and check."""

from collections.abc import Mapping
from typing import Any

from flows.report.formats import count, money, percent, text, units, weekday, words

Row = dict[str, Any]


def in_words(codes: list[str] | None, meanings: Mapping[str, str]) -> list[str]:
    """Return codes in words, each once, in their order; one without a meaning is read as it is spelt."""
    return [text(meanings.get(code) or words(code), 200) for code in dict.fromkeys(codes or [])]


def explain(row: Row, currency: str | None, meanings: Mapping[str, str]) -> list[str]:
    """Return the way from stock and demand to tonight's order, one sentence a step; what is unknown is left out."""
    steps = [_stock(row), _demand(row), _risk(row, currency), _order(row), _arrival(row), _change(row, meanings), _rule(row)]
    return [sentence for sentence in steps if sentence]


def _stock(row: Row) -> str:
    if row["on_hand"] is None:
        return "Stock is unknown here, so no order can be worked out."
    sentence = f"{count(row['on_hand'], 'unit')} on hand"
    if row["inbound_units"]:
        sentence += f" and {units(row['inbound_units'])} on the way"
    if row["inventory_position"] is not None:
        sentence += f": an inventory position of {units(row['inventory_position'])}"
    return sentence + "."


def _demand(row: Row) -> str:
    if row["demand_mean"] is None:
        return ""
    sentence = f"Until the next order can arrive, {count(row['demand_mean'], 'unit')} of demand are expected"
    if row["protection_demand_target"] is not None:
        sentence += f"; {units(row['protection_demand_target'])} cover it at the service level"
    return sentence + "."


def _risk(row: Row, currency: str | None) -> str:
    chance = row["stockout_probability_without_order"]
    if chance is None:
        return ""
    sentence = f"Without an order the chance of running out by then is {percent(chance)}"
    if row["expected_lost_units"]:
        sentence += f", with {count(row['expected_lost_units'], 'unit')} lost on average"
        if row["expected_lost_margin"]:
            sentence += f", worth {money(row['expected_lost_margin'], currency)}"
    sentence += "."
    if row["stockout_date_p50"] is not None:
        sentence += f" As likely as not, the shelf is empty by {weekday(row['stockout_date_p50'])}."
    return sentence


def _order(row: Row) -> str:
    if row["order_units"] is None:
        return "" if row["on_hand"] is None else "No order was worked out for this row."
    level, raw, order = row["order_up_to"], row["raw_units"], row["order_units"]
    if level is None or raw is None:
        return f"Tonight's order: {count(order, 'unit')}."
    above = f"The best level is {units(level)}, {count(max(raw, 0), 'unit')} above the position"
    if order > 0:
        return f"{above}: {units(order)} in whole cases, within the minimum and the limits."
    if raw > 0 and "not_an_order_day" in (row["reasons"] or []):
        return f"{above}, but no order goes out today."
    if raw > 0 and "order_does_not_pay_its_line" in (row["reasons"] or []):
        return f"{above}, but no order saves what its order line costs."
    if raw > 0:
        return f"{above}, but that is too little to pay for a whole case or the minimum order."
    return f"The best level is {units(level)} and the position already reaches it: nothing to order."


def _arrival(row: Row) -> str:
    if row["arrival_date"] is None or not row["order_units"]:
        return "" if row["next_order_date"] is None else f"The next chance to order is {weekday(row['next_order_date'])}."
    sentence = f"Sent {weekday(row['order_date'])}, it is on sale from {weekday(row['arrival_date'])}"
    before = row["stockout_probability_before_arrival"]
    if before is not None and before >= 0.005:
        sentence += f"; the chance of running out before that, which no order can change, is {percent(before)}"
    return sentence + "."


def _change(row: Row, meanings: Mapping[str, str]) -> str:
    before, now = row["previous_order_units"], row["order_units"]
    if before is None or now is None or before == now:
        return ""
    why = f": {in_words([row['change_reason']], meanings)[0]}" if row["change_reason"] else ""
    return f"Last night {count(before, 'unit')} were recommended{why}."


def _rule(row: Row) -> str:
    return "" if row["calibrated"] else "The forecast's spread did not pass its check for items like this one, so the simple rule decided."
