"""How the measures and methods of a replay are called, for the terminal and the page."""

from models.replay.play import FORESIGHT

OWN, RUN_IN = "fillrate", "run_in"

MEASURES = {
    "total_cost": "total cost",
    "holding_cost": "holding",
    "shortage_cost": "shortage",
    "fill_rate": "fill rate",
    "cycle_service": "cycle service",
    "average_stock": "stock",
    "turns": "turns",
    "orders": "orders",
    "order_instability": "instability",
    "estimated_share": "estimated",
}
SHARES = ("fill_rate", "cycle_service", "order_instability", "estimated_share")

_RULES = {
    OWN: "fillrate",
    RUN_IN: "the run-in's rule",
    FORESIGHT: "perfect foresight",
    "min_max": "min/max, z·sigma·√L",
    "z_sigma": "base stock, z·sigma",
    "z_rmse": "base stock, z × RMSE",
    "empirical": "base stock, past totals",
}


def method_title(method: str) -> str:
    """Return a method's name for people."""
    if method.startswith("cover_"):
        return f"cover × mean of {method.removeprefix('cover_')} weeks"
    return _RULES.get(method, method)


_SHORT = {
    RUN_IN: "run-in's rule",
    FORESIGHT: "foresight",
    "min_max": "min/max",
    "z_sigma": "z·sigma",
    "z_rmse": "z × rmse",
    "empirical": "past totals",
}


def short_title(method: str) -> str:
    """Return a method's name where there is little room: beside a chart."""
    if method.startswith("cover_"):
        return f"cover, {method.removeprefix('cover_')} weeks"
    return _SHORT.get(method, method)
