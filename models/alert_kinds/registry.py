"""Every kind of alert by name: a new kind is one new file and one line here."""

from collections.abc import Callable

import polars as pl

from models.alert_kinds import data_problem, demand_shift, late_inbound, overstock, slow_mover, stocked_out, stockout_risk
from models.alert_kinds.night import Night

KINDS: dict[str, Callable[[Night], pl.DataFrame]] = {
    "stocked_out": stocked_out.found,
    "stockout_risk": stockout_risk.found,
    "late_inbound": late_inbound.found,
    "overstock": overstock.found,
    "slow_mover": slow_mover.found,
    "demand_shift": demand_shift.found,
    "data_problem": data_problem.found,
}
