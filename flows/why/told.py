"""A row's document in words, section by section, in lines of a terminal's width."""

import calendar

from flows.report.formats import day, percent, text, weekday
from flows.why.document import Document
from flows.why.told_otherwise import otherwise_lines
from flows.why.wording import Lines, amount, dearer, number, table, times, units

MOST_FCS = 8
"""Other fulfilment centres that are listed at most."""

Sections = list[tuple[str, Lines]]


def told(document: Document) -> Sections:
    """Return title and lines of every section; what is unknown or does not apply is left out."""
    sections = [
        (_headline(document), _item(document)),
        ("Stock", _stock(document)),
        ("Dates", _dates(document)),
        ("Demand", _demand(document)),
        ("Risk without an order", _risk(document)),
        ("At other fulfilment centres of the region", _elsewhere(document)),
        ("The order, step by step", _order(document)),
        ("What would change the answer", otherwise_lines(document)),
        ("Reasons", _codes(document)),
        ("Since the run before", _previous(document)),
        ("Computed again" if not document["asked_with"] else "What the change does", _check(document)),
    ]
    return [(title, lines) for title, lines in sections if lines]


def _headline(document: Document) -> str:
    row = document["row"]
    order = (
        "no order can be told"
        if row["order_units"] is None
        else f"order {units(row['order_units'])}"
        if row["order_units"]
        else "order nothing"
    )
    asked = f", asked with {', '.join(document['asked_with'])}" if document["asked_with"] else ""
    return f"{text(row['sku'])} at {text(row['fc'])}: {order} ({text(row['action']).replace('_', ' ')}){asked}"


def _item(document: Document) -> Lines:
    item, currency = document["item"], document["currency"]
    parts = [
        text(item["name"]),
        f"supplier {text(item['supplier'])}" if item["supplier"] else "",
        f"seller {text(item['seller'])}" if item["seller"] else "",
    ]
    money = [f"{name.replace('_', ' ')} {amount(item[name], currency)}" for name in ("unit_cost", "price") if item[name] is not None]
    classes = [f"class {item['abc'] or '?'}{item['xyz'] or '?'}"] if item["abc"] or item["xyz"] else []
    return [", ".join(part for part in (*parts, *classes, *money) if part), f"run {document['run_id']}, as of {weekday(document['as_of'])}"]


def _stock(document: Document) -> Lines:
    stock = document["stock"]
    if stock["on_hand"] is None:
        return ["no stock row up to the run's day: stock is unknown, not zero, and nothing is recommended"]
    rolled = f", the count of {day(stock['snapshot_date'])} with sales and receipts since booked on it" if stock["age_days"] else ""
    lines = [f"{number(stock['on_hand']):>10}  on hand at the close of {day(document['as_of'])}{rolled}"]
    if stock["reserved_becoming_sellable"]:
        lines.append(f"{number(stock['reserved_becoming_sellable']):>10}  becoming sellable on the order date")
    for line in stock["inbound"]:
        order = f", order {text(line['order_id'])}" if line["order_id"] else ""
        status = f", {text(line['status'])}" if line["status"] else ""
        late = _late(line)
        lines.append(f"{number(line['units']):>10}  on the way, on sale from {weekday(line['expected_date'])}{order}{status}{late}")
    if stock["backordered"]:
        lines.append(f"{number(-stock['backordered']):>10}  owed to customers")
    return [*lines, f"{number(stock['inventory_position']):>10}  inventory position"]


def _late(line: Document) -> str:
    """Return what is to be expected of an open order line."""
    if line["never"] is None:
        return "; overdue, counted as arriving at once" if line["overdue"] else ""
    overdue = "overdue, " if line["overdue"] else f"{percent(line['by_expected'], 0)} chance by then, "
    likely = f", as likely as not by {weekday(line['likely_date'])}" if line["likely_date"] else ""
    return f"; {overdue}{percent(line['never'], 1)} that it never comes{likely}"


def _dates(document: Document) -> Lines:
    interval, terms = document["interval"], document["terms"]
    lead, spread, review = terms["lead_time_days"], terms["lead_time_sd"], terms["review_days"]
    varies = f", give or take {number(spread['value'])}" if spread["value"] else ", certain"
    lines = [
        f"lead time {times(lead['value'], 'day')}{varies} (from {lead['from']})",
        f"review period {times(review['value'], 'day')} (from {review['from']})",
        f"an order sent {weekday(interval['order_date'])} is on sale from {weekday(interval['arrival_date'])}; the next chance to order is "
        f"{weekday(interval['next_order_date'])}, on sale from {weekday(interval['next_arrival_date'])}",
        f"so it must carry the protection interval {weekday(interval['order_date'])} to {weekday(interval['last_day'])}, and is answerable "
        f"for its own window {weekday(interval['arrival_date'])} to {weekday(interval['last_day'])}",
    ]
    if (known := interval["lead_time"]) is not None:
        lines += _lead_time(known)
    if interval["wait_days"]:
        lines.append(f"orders go out again in {times(interval['wait_days'], 'day')}, so nothing is ordered tonight")
    return lines


def _lead_time(known: Document) -> Lines:
    """Return how orders come: promised, usual, late and never."""
    promised = f"promised for {times(known['promised_days'], 'day')}; " if known["lines"] else ""
    lines = [
        f"{promised}of orders that come, half are here within {times(known['p50'], 'day')} (1 in 10 within {number(known['p10'])}, 9 in 10 "
        f"within {number(known['p90'])}); {percent(known['late'], 1)} come later than promised, and {percent(known['never'], 1)} of all "
        "orders never come",
        "lead times are drawn anew on every sample path, so the dates are the usual ones",
    ]
    if known["complete"] < 0.9995:
        lines.append(f"of the units ordered {percent(known['complete'], 1)} come; orders and what is on its way are counted by it")
    return lines


def _demand(document: Document) -> Lines:
    row, forecast, level = document["row"], document["forecast"], document["terms"]["service_level"]
    period = document["frequency"]
    lines = [
        f"over the protection interval {units(row['demand_mean'])} are expected; the median is {number(row['protection_demand_p50'])}, and "
        f"{number(row['protection_demand_target'])} cover {percent(level['value'], 1)} of the sample paths (level from {level['from']})",
        f"the forecast of the next {times(forecast['periods'], period)} is {number(forecast['mean_per_period'])} a {period}, made of",
    ]
    for group, part in forecast["parts"].items():
        if abs(part) >= 0.005 or group == "level":
            lines.append(
                f"{number(part, sign=group != 'level'):>10}  {group.replace('_', ' and ').replace('stockouts', 'recent stock-outs')}"
            )
    if forecast["recent_mean"] is not None:
        spread = f", standard deviation {number(forecast['recent_sd'])}" if forecast["recent_sd"] is not None else ""
        lines.append(f"demand lately, on days in stock: {number(forecast['recent_mean'])} a {period} on average{spread}")
    passed = "its spread passed the calibration check" if forecast["calibrated"] else "its spread did not pass the calibration check"
    lines.append(f"forecaster {text(forecast['model']).replace('_', ' ')}; {passed}")
    if forecast["multiplier"] is not None:
        lines.append(f"a planner's override multiplies demand by {number(forecast['multiplier'])}; the forecast above is without it")
    return lines


def _risk(document: Document) -> Lines:
    row = document["row"]
    before, without = row["stockout_probability_before_arrival"], row["stockout_probability_without_order"]
    if before is None or without is None:
        return []
    lines = [
        f"before tonight's order could arrive {percent(before, 1)}, whatever is ordered; to the end of the interval {percent(without, 1)}"
    ]
    lost = f"{units(row['expected_lost_units'])} unmet on average"
    worth = f", worth {amount(row['expected_lost_margin'], document['currency'])}" if row["expected_lost_margin"] is not None else ""
    lines.append(lost + worth)
    shown = [(share, row[f"stockout_date_{name}"]) for share, name in (("1 in 10", "p10"), ("1 in 2", "p50"), ("9 in 10", "p90"))]
    dates = [f"{weekday(date)} ({share})" for share, date in shown if date is not None]
    lines.append(f"the shelf is empty by {', '.join(dates)}" if dates else "the shelf is not expected to be empty within the horizon")
    if row["order_by_date"] is not None:
        passed = ", which has passed" if row["order_by_date"] < row["order_date"] else ""
        lines.append(f"the last order date that keeps the risk under target is {weekday(row['order_by_date'])}{passed}")
    cover = row["days_of_cover"]
    if cover is not None:
        lines.append(f"on hand lasts {times(cover, 'day')}, with what is on the way {times(row['days_of_cover_with_inbound'], 'day')}")
    return lines


def _elsewhere(document: Document) -> Lines:
    """Return where units could come from: told where stock may run out before an order arrives."""
    there, said = document["elsewhere"], document["row"]["reasons"]
    if "risk_before_arrival" not in said or not there:
        return []
    spare = sum(line["spare"] or 0 for line in there)
    enough = "; that is why a transfer is the action" if "surplus_elsewhere" in said else ""
    # The fcs that can spare most first.
    shown = sorted(there, key=lambda line: (-(line["spare"] or 0), line["fc"]))[:MOST_FCS]
    rows = [[text(line["fc"]), *(number(line[name]) for name in ("on_hand", "order_up_to", "demand_mean", "spare"))] for line in shown]
    more = f", the {MOST_FCS} that spare most" if len(there) > MOST_FCS else ""
    return [
        f"{units(spare)} could be spared, for every fc of the region that is short of it{more}{enough}",
        *table([["", "on hand", "order-up-to", "demand", "to spare"], *rows]),
    ]


LINE_COST = "replenishment.order_line_cost"

RULES = {
    "cost": "the cheapest level, on the sample paths, between unmet demand and stock left on the shelf",
    "service": "the smallest level that reaches the service level on the sample paths",
    "simple_cost": "mean demand plus safety stock of the textbook, aimed by the costs",
    "simple_service": "mean demand plus safety stock of the textbook, aimed by the service level",
}


def _order(document: Document) -> Lines:
    row, order, terms, currency = document["row"], document["order"], document["terms"], document["currency"]
    lines, shelf = [], f"a {document['frequency']} on the shelf"
    for name, what, per in (("shortage_cost", "a unit of unmet demand", ""), ("holding_cost", shelf, " a unit")):
        value, source = terms[name]["value"], terms[name]["from"]
        known = f"{what} costs {amount(value, currency)}{per} (from {source})"
        lines.append(known if value is not None else f"what {what} costs is not known")
    if order["peak_holding_cost"] is not None and order["peak_holding_cost"] != terms["holding_cost"]["value"]:
        months = ", ".join(calendar.month_name[month] for month in order["peak_months"])
        price = amount(order["peak_holding_cost"], currency)
        lines.append(f"in {months} {shelf} costs {price} a unit (from config, replenishment.peak_storage_cost_m3_month)")
    if order["line_cost"]:
        lines.append(f"an order line costs {amount(order['line_cost'], currency)}, whatever its size (from config, {LINE_COST})")
    if row["order_up_to"] is None:
        return [*lines, "stock is unknown, so no order was worked out"] if order["by_hand"] is None else [*lines, *_decided(document)]
    lines += [
        f"{number(row['order_up_to']):>10}  order-up-to level: {RULES[order['rule']]}",
        f"{number(-row['inventory_position']):>10}  less the inventory position",
        f"{number(row['raw_units']):>10}  missing before cases and limits"
        if row["raw_units"] > 0
        else f"{number(row['raw_units']):>10}  the position is at or above the level",
        f"{number(row['safety_stock']):>10}  safety stock: level less mean demand; the reorder point is {number(row['reorder_point'])}",
    ]
    return [*lines, *_packed(document), *_decided(document)]


def _packed(document: Document) -> Lines:
    """Return what cases, the least order and the most units made of what is missing."""
    row, order, terms, said = document["row"], document["order"], document["terms"], {code["code"] for code in document["reasons"]}
    if row["raw_units"] <= 0:
        return []
    case, least, most = terms["case_pack"], terms["moq"], terms["max_units"]
    cases = order["simulated"] / case["value"]
    lines = [f"{number(order['simulated']):>10}  in whole cases of {number(case['value'])} ({case['from']}): {times(cases, 'case')}"]
    if "case_does_not_pay" in said:
        lines.append(f"{'':>10}  one case would cost more than it saves")
    if "order_does_not_pay_its_line" in said:
        lines.append(f"{'':>10}  no order would save the {amount(order['line_cost'], document['currency'])} that its line costs")
    if "raised_to_moq" in said:
        lines.append(f"{'':>10}  raised to the least order of {number(order['least'])} ({least['from']}), the whole of which pays")
    if "moq_does_not_pay" in said:
        lines.append(f"{'':>10}  the least order of {number(order['least'])} ({least['from']}) would cost more than it saves")
    if "capped_at_max_units" in said:
        lines.append(f"{'':>10}  cut to the most units per line, {number(most['value'])} ({most['from']})")
    return lines


def _decided(document: Document) -> Lines:
    """Return what planners and order days made of the rule's order, its value and what its last case saves."""
    row, order, currency = document["row"], document["order"], document["currency"]
    lines = []
    if order["by_hand"] is not None:
        lines.append(f"{number(order['by_hand']):>10}  by a planner's override, in place of it")
    if order["excluded"]:
        lines.append(f"{0:>10}  a planner excluded the item from ordering")
    if "not_an_order_day" in row["reasons"]:
        lines.append(f"{0:>10}  no order goes out on {weekday(row['order_date'])}")
    if row["order_units"] is None:
        return lines
    value = f", worth {amount(row['order_value'], currency)} at unit cost" if row["order_value"] else ""
    lines.append(f"{number(row['order_units']):>10}  to order tonight{value}")
    gain = row["marginal_gain_last_case"]
    if gain is not None:
        alone = "" if gain >= 0 else "; it comes with the least order, or with a planner's"
        lines.append(f"{'':>10}  its last case {dearer(-gain, currency)}{alone}")
    return lines


def _codes(document: Document) -> Lines:
    lines = [f"{code['code']}: {code['words'] or ''}" for code in document["reasons"]]
    return lines + [f"{code['code']} (data): {code['words'] or ''}" for code in document["data_flags"]]


def _previous(document: Document) -> Lines:
    previous = document["previous"]
    if previous["gone"]:
        return ["the run it was compared with is no longer there, so what changed since cannot be told again"]
    if previous["run_id"] is None:
        return ["there was no run of an earlier day to compare with"]
    if not previous["moved"]:
        return [f"run {previous['run_id']} had no row of it"]
    now, then = (next(line[side] for line in previous["moved"] if line["what"] == "order_units") for side in ("now", "before"))
    told = previous["reason"] or ("as before" if now == then else "for no reason told")
    rows = [["", "before", "now", "change"]]
    for line in previous["moved"]:
        both = line["before"] is not None and line["now"] is not None
        change = number(line["now"] - line["before"], sign=True) if both else "unknown"
        rows.append([line["what"].replace("_", " "), number(line["before"]), number(line["now"]), change])
    return [f"run {previous['run_id']}: the order is {number(now)} after {number(then)}: {told}", *table(rows)]


def _check(document: Document) -> Lines:
    checked = document["check"]
    if document["asked_with"]:
        if checked["same"]:
            return [f"nothing: all {checked['compared']:,} published numbers stay as they are"]
        shown = [difference for difference in checked["differences"] if difference["table"] == "recommendations"]
        return table(
            [["", "published", "asked"], *([d["what"].replace("_", " "), _plain(d["published"]), _plain(d["recomputed"])] for d in shown)]
        )
    if checked["same"]:
        return [f"all {checked['compared']:,} published numbers of the row, its forecasts and their parts came out the same"]
    shown = checked["differences"][:20]
    rows = [[d["table"], d["what"], _plain(d["published"]), _plain(d["recomputed"])] for d in shown]
    more = [f"and {len(checked['differences']) - len(shown)} more"] if len(checked["differences"]) > len(shown) else []
    return [
        f"{len(checked['differences'])} of {checked['compared']:,} published numbers came out otherwise",
        *table([["table", "number", "published", "computed again"], *rows]),
        *more,
        *checked["causes"],
    ]


def _plain(value: object) -> str:
    if isinstance(value, list):
        return text(", ".join(map(str, value)) or "none", 60)
    return "unknown" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else text(value, 60)
