"""What would change the answer: a case more or less, a later order, other demand, lead time, cost and service."""

from typing import Any

from flows.why.recompute import Recomputed
from models.ordering.alternatives import Aim, Candidates, Question, candidates, orders_near, price_of_waiting

DEMAND_STEP = 0.2
"""Share by which demand is taken to be higher or lower."""

SHOWN = 3
"""Cases below and above the order that are shown beside no order, the least and the cheapest one."""


def otherwise(again: Recomputed) -> dict[str, Any]:
    """Return what other orders would cost and what else would be ordered, from the paths of the row's own decision."""
    basis, question, witness = again.basis, again.question, again.witness
    order, case = _order_asked_about(again), float(basis["case_pack"])
    priced = basis["shortage_cost"] is not None and basis["holding_cost"] is not None
    found = candidates(witness, orders_near(case, float(basis["moq"]), order), float(basis["simulated_order"]))
    review = int(basis["review"])
    waits = [1] if review == 1 else [1, review]
    most = basis["max_units"]
    return {
        "order": order,
        "priced": priced,
        "candidates": _shown(found, order, case, most, again.parts["mean"], priced=priced),
        "one_case_more": _step(found, order, 1, most, priced=priced),
        "one_case_less": _step(found, order, -1, most, priced=priced),
        "cheapest": float(found.units[_cheapest(found, most)]) if priced else None,
        "waiting": [{"periods": n, "costs": price_of_waiting(witness, order, n) if priced else None} for n in waits],
        "scenarios": _scenarios(question, basis),
        "turns": _turns(question, basis),
    }


def _order_asked_about(again: Recomputed) -> float:
    """Return the order whose alternatives are priced: a planner's, else what the rule chose, order day or not."""
    basis = again.basis
    if basis["override_order_units"] is not None or basis["override_exclude"]:
        return float(basis["order_units"])
    return float(basis["simulated_order"])


def _cheapest(found: Candidates, most: float | None) -> int:
    """Return the place of the cheapest order that the limits allow, the smaller of two that cost the same."""
    allowed = [place for place, units in enumerate(found.units) if most is None or units <= most + 1e-6]
    return min(allowed, key=lambda place: (round(float(found.cost[place]), 9), place))


def _shown(found: Candidates, order: float, case: float, most: float | None, mean: float, *, priced: bool) -> list[dict[str, Any]]:
    """Return the orders to show: nothing, the least, the cheapest, and those next to the order; what is left lasts `left_lasts` periods."""
    here, cheapest = found.at(order), _cheapest(found, most)
    places = {0, 1, cheapest, *range(max(here - SHOWN, 0), min(here + SHOWN + 1, len(found.units)))}
    least = float(found.cost.min() if most is None else found.cost[cheapest])
    rows = []
    for place in sorted(places):
        money = {name: float(getattr(found, name)[place]) for name in ("shortage", "holding", "line", "later", "cost")}
        money["above_cheapest"] = money["cost"] - least
        rows.append(
            {"units": float(found.units[place]), "cases": float(found.units[place]) / case}
            | {name: float(getattr(found, name)[place]) for name in ("chance", "short", "left")}
            | {"left_lasts": float(found.left[place]) / mean if mean > 1e-9 else None}
            | (money if priced else dict.fromkeys(money))
            | {"chosen": place == here, "allowed": most is None or bool(found.units[place] <= most + 1e-6)}
        )
    return rows


def _step(found: Candidates, order: float, step: int, most: float | None, *, priced: bool) -> dict[str, Any] | None:
    """Return the next order above or below, and what it costs more; None where there is none."""
    here = found.at(order)
    other = here + step
    if not 0 <= other < len(found.units):
        return None
    return {
        "units": float(found.units[other]),
        "allowed": most is None or bool(found.units[other] <= most + 1e-6),
        "costs": float(found.cost[other] - found.cost[here]) if priced else None,
        "chance_change": float(found.chance[other] - found.chance[here]),
    }


def _scenarios(question: Question, basis: dict[str, Any]) -> list[dict[str, Any]]:
    days = int(basis["review"]) * question.calendar.days
    decided = {
        f"demand {DEMAND_STEP:.0%} higher": question.with_demand(1 + DEMAND_STEP),
        f"demand {DEMAND_STEP:.0%} lower": question.with_demand(1 - DEMAND_STEP),
        f"every order {days} {'day' if days == 1 else 'days'} longer on its way": question.with_later_arrival(days),
    }
    position = float(basis["inventory_position"])
    return [
        {"what": what, "order": float(found.order[0]), "order_up_to": position + float(found.raw[0])} for what, found in decided.items()
    ]


def _turns(question: Question, basis: dict[str, Any]) -> dict[str, Any]:
    """Return from which shortage cost or service level on more or less is ordered, whichever of them the row's rule looks at."""
    aim: Aim = "shortage" if str(basis["rule"]).endswith("cost") else "level"
    more, less = (question.where_order_changes(aim, more=way) for way in (True, False))
    return {
        "of": "shortage_cost" if aim == "shortage" else "service_level",
        "now": float(basis["shortage_cost"] if aim == "shortage" else basis["service_level"]),
        "more": None if more is None else vars(more),
        "less": None if less is None else vars(less),
    }
