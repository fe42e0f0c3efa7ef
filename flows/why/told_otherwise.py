"""What would change the answer, in words and as a small table of orders and what each is expected to cost."""

from typing import Any

from flows.report.formats import percent
from flows.why.wording import Lines, amount, dearer, number, table, times, units

Document = dict[str, Any]


def otherwise_lines(document: Document) -> Lines:
    """Return the lines; none where stock is unknown."""
    found = document["otherwise"]
    if found is None:
        return []
    return [*_steps(document), *_waiting(document), *_scenarios(document), *_turns(document), *_candidates(document)]


def _steps(document: Document) -> Lines:
    found, currency = document["otherwise"], document["currency"]
    lines = []
    for name, words in (("one_case_more", "one case more"), ("one_case_less", "one case less")):
        step = found[name]
        if step is None:
            continue
        points = number(round(step["chance_change"] * 100, 1), sign=True)
        # Below the least order there is nothing to order.
        above = "" if step["allowed"] else ", above the most units"
        told = ["nothing instead" if step["units"] == 0 else f"{words} ({units(step['units'])}{above})"]
        told += [dearer(step["costs"], currency)] if step["costs"] is not None else []
        told += [f"and changes the chance of running out in its own window by {points} points"] if points != "0" else []
        lines.append(" ".join(told) if len(told) > 1 else f"{told[0]} changes nothing in its own window")
    if found["cheapest"] is not None and abs(found["cheapest"] - found["order"]) > 1e-6:
        lines.append(f"the cheapest order on the sample paths would be {units(found['cheapest'])}, not {number(found['order'])}")
    return lines


def _waiting(document: Document) -> Lines:
    found, currency, period = document["otherwise"], document["currency"], document["frequency"]
    if not found["order"]:
        return ["there is nothing to send tonight, so waiting costs nothing"]
    lines = []
    for wait in found["waiting"]:
        chance = "to the next chance to order" if wait["periods"] == document["interval"]["review_periods"] else ""
        span = f"waiting {times(wait['periods'], period)} {chance}".rstrip()
        if wait["costs"] is not None:
            lines.append(f"{span} with the same order {dearer(wait['costs'], currency)}")
    return lines or ["what waiting costs in money is not known: neither shortage nor holding has a cost"]


def _scenarios(document: Document) -> Lines:
    found = document["otherwise"]
    lines = [f"{line['what']}: order {units(line['order'])}, up to {number(line['order_up_to'])}" for line in found["scenarios"]]
    simulated = document["order"]["simulated"]
    return lines if simulated == found["order"] else [f"by the rule alone the order would be {units(simulated)}; and with", *lines]


def _turns(document: Document) -> Lines:
    turns, currency = document["otherwise"]["turns"], document["currency"]
    costs = turns["of"] == "shortage_cost"
    what = "unit of unmet demand that costs" if costs else "service level of"

    def shown(value: float) -> str:
        return amount(value, currency) if costs else percent(value, 2)

    lines = []
    for side, words in (("more", "or more"), ("less", "or less")):
        if (turn := turns[side]) is not None:
            lines.append(f"a {what} {shown(turn['value'])} {words} makes it {units(turn['order'])} (it is {shown(turns['now'])})")
    return lines or [f"no {turns['of'].replace('_', ' ')} near {shown(turns['now'])} changes the order"]


def _candidates(document: Document) -> Lines:
    found, currency = document["otherwise"], document["currency"]
    money = ["shortage", "holding", "line", "later", "cost", "above_cheapest"] if found["priced"] else []
    charged, paid = (any(line[name] for line in found["candidates"]) for name in ("later", "line"))
    money = [name for name in money if (charged or name != "later") and (paid or name != "line")]
    heads = {"cost": "total", "above_cheapest": "above best"}
    rows = [
        ["", "units", "cases", "runs out", "unmet", "left", f"{document['frequency']}s left", *(heads.get(name, name) for name in money)]
    ]
    for line in found["candidates"]:
        mark = "→" if line["chosen"] else "" if line["allowed"] else "×"
        lasts = "–" if line["left_lasts"] is None else number(line["left_lasts"])
        shares = [percent(line["chance"], 1), number(line["short"]), number(line["left"]), lasts]
        rows.append([mark, number(line["units"]), number(line["cases"]), *shares, *(amount(line[name], None) for name in money)])
    priced = f" in {currency}" if currency and money else ""
    later = "; later: for units in excess after it" if charged and money else ""
    later = "; line: the order line; later: in later windows, less order lines saved" if paid and money else later
    legend = f"what orders come to on average{priced} in their own window (→ this one, × above the most units{later})"
    return [legend, *table(rows)]
