"""Codes of recommendations, and what each says in plain words."""

REASONS: dict[str, str] = {
    "below_order_up_to": "the inventory position is below the order-up-to level",
    "position_covers_demand": "stock and what is on its way cover demand until the next order arrives",
    "rounded_to_cases": "the order is a whole number of cases",
    "case_does_not_pay": "something is missing, but a whole case would cost more than it saves",
    "raised_to_moq": "the order was raised to the least the supplier accepts",
    "moq_does_not_pay": "something is missing, but the least order would cost more than it saves",
    "order_does_not_pay_its_line": "something is missing, but no order saves what its order line costs",
    "capped_at_max_units": "the order was cut to the most units per order line",
    "not_an_order_day": "no order goes out on this day; see the next order date",
    "risk_before_arrival": "stock may run out before tonight's order can arrive",
    "surplus_elsewhere": "another fulfilment centre of the region holds more than it needs",
    "overstock": "stock and what is on its way last longer than the overstock limit",
    "override": "a planner's decision is in force",
    "excluded": "a planner excluded the item from ordering",
    "not_on_sale": "the item is not on sale, so nothing is ordered",
    "stock_unknown": "no stock count is known, so nothing is recommended",
    "simple_rule": "history is too short to measure how far forecasts miss, so the textbook level decided",
    "service_without_costs": "no shortage or holding cost is known, so the service level decided",
    "service_without_shortage_cost": "unmet demand costs nothing, by which no order would ever pay, so the service level decided",
}
"""Code in `reasons` → what it says."""

DATA_FLAGS: dict[str, str] = {
    "stock_unknown": "no stock snapshot up to the run's date",
    "stock_rolled_forward": "the newest stock snapshot is older than the run's date; sales and receipts since were booked on it",
    "inbound_overdue": "an inbound line should have arrived; it is counted as arriving today, where lead times vary by its chances",
    "unit_cost_unknown": "no unit cost in items, so the order has no value in money",
    "costs_unknown": "neither a shortage and a holding cost nor what they are derived from is known",
    "shortage_cost_zero": "a unit of unmet demand costs nothing: price and unit cost leave no margin, or the cost given is 0",
    "uncalibrated": "the forecast's spread did not pass its calibration check",
    "moq_above_max_units": "the least order is more than the most units per line, so nothing can be ordered",
    "override_not_whole_cases": "the planner's order is not a whole number of cases",
}
"""Code in `data_flags` → what it says."""
