"""A plausible backtest: scores of a dozen methods over every cut, the value of each step, a ledger, from a seeded generator."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from data.messages import PlanMessage, messages_frame
from flows.backtest.openings import Opening
from flows.backtest.summary import BacktestSummary

SCORES: dict[str, Any] = {
    **dict.fromkeys(("target", "rows", "cut", "member", "method", "measure"), pl.String),
    **dict.fromkeys(("value", "low", "high"), pl.Float64),
    "against": pl.String,
    **dict.fromkeys(("difference", "difference_low", "difference_high"), pl.Float64),
    "verdict": pl.String,
    **dict.fromkeys(("series", "units"), pl.Float64),
}
VALUE_ADDED: dict[str, Any] = {
    **dict.fromkeys(("step", "measure"), pl.String),
    **dict.fromkeys(("value", "change", "change_low", "change_high"), pl.Float64),
    "verdict": pl.String,
}
ORIGINS = tuple(date(2024, 5, 5) + timedelta(days=7 * number) for number in range(5))
METHODS = {
    "fillrate": 0.311,
    "seasonal_naive": 0.452,
    "moving_average": 0.381,
    "weekday_mean": 0.374,
    "half_weekday_half_recent": 0.361,
    "smoothing_pooled_season": 0.342,
    "month_weekday_level": 0.399,
    "croston_sba": 0.421,
    "statsmodels_smoothing": 0.335,
    "statsmodels_theta": 0.338,
    "published": 0.326,
    "step_shared_trees": 0.331,
    "step_region_trees": 0.325,
    "step_members": 0.316,
}
ON_A_SAMPLE = ("statsmodels_smoothing", "statsmodels_theta")
LEVELS = (5, 10, 25, 50, 75, 90, 95)
WITH_QUANTILES = ("fillrate", "moving_average", "smoothing_pooled_season", "empirical_interval")
CUTS = {
    "all": [None],
    "origin": [day.isoformat() for day in ORIGINS],
    "region": ["Shanghai", "Beijing", "Guangzhou", "Hangzhou", "Nanjing and surroundings, east", "Chengdu"],
    "abc_xyz": [abc + xyz for abc in "ABC" for xyz in "XYZ"],
    "intermittency": ["smooth", "erratic", "intermittent", "lumpy"],
    "horizon": [str(ahead) for ahead in range(1, 15)],
    "day_kind": ["working day", "weekend", "holiday"],
    "age": ["under 4 weeks", "4 to 12 weeks", "over 12 weeks"],
}


def verdict_of(value: float, own: float, noise: float) -> str:
    """Whether a value is better or worse than fillrate's beyond a noise band."""
    return "none" if abs(value - own) < noise else "better" if value < own else "worse"


def score_rows(target: str, rows: str, cut: str, member: str | None, rng: np.random.Generator, tilt: float) -> list[dict[str, Any]]:
    """Every method and measure of one member; `tilt` moves its errors away from those of the whole."""
    found = []
    own = METHODS["fillrate"] * tilt
    methods = {**METHODS, "empirical_interval": 0.35} if target == "interval" else METHODS
    for method, error in methods.items():
        measures = {"wape_median": error * tilt, "rmsse": error * tilt * 2.4, "bias_mean": (error - 0.28) * 0.6 + rng.normal(0, 0.012)}
        if method in WITH_QUANTILES:
            measures |= {"pinball": error * tilt * 0.29, "crps": error * tilt * 0.57, "pinball_target": error * tilt * 0.21}
            off = 0.008 if method == "fillrate" else 0.04
            measures |= {f"coverage_p{level:02d}": float(np.clip(level / 100 + rng.normal(0, off), 0.01, 0.99)) for level in LEVELS}
        for measure, value in measures.items():
            noise = 0.004 if cut == "all" else 0.012
            compared = method != "fillrate" and measure in ("wape_median", "pinball")
            base = own * (0.29 if measure == "pinball" else 1)
            found.append(
                {
                    "target": target,
                    "rows": rows,
                    "cut": cut,
                    "member": member,
                    "method": method,
                    "measure": measure,
                    "value": value,
                    "low": value - noise * (1 if value < 1 else 2),
                    "high": value + noise,
                    "against": "fillrate" if compared else None,
                    "difference": value - base if compared else None,
                    "difference_low": value - base - noise if compared else None,
                    "difference_high": value - base + noise if compared else None,
                    "verdict": verdict_of(value, base, noise) if compared else None,
                    "series": 500.0 if method in ON_A_SAMPLE else 5000.0,
                    "units": 90_000.0,
                }
            )
    return found


@pytest.fixture(scope="session")
def scores() -> pl.DataFrame:
    rng = np.random.default_rng(7)
    found = []
    for target in ("period", "interval"):
        for rows in ("in_stock", "nearly_in_stock"):
            for cut, names in CUTS.items():
                if (target == "interval" or rows == "nearly_in_stock") and cut not in ("all", "region"):
                    continue
                for number, name in enumerate(names):
                    tilt = 1.0 if cut == "all" else 0.9 + 0.25 * number / len(names)
                    found += score_rows(target, rows, cut, name, rng, tilt * (0.8 if target == "interval" else 1.0))
    return pl.DataFrame(found, schema=SCORES)


@pytest.fixture(scope="session")
def value_added() -> pl.DataFrame:
    steps = [
        ("smoothing_pooled_season", 0.342, None, None),
        ("step_shared_trees", 0.331, -0.011, "better"),
        ("step_region_trees", 0.325, -0.006, "better"),
        ("step_members", 0.326, 0.001, "none"),
        ("step_blend", 0.311, -0.015, "better"),
    ]
    found = [
        {
            "step": step,
            "measure": measure,
            "value": value * scale,
            "change": None if change is None else change * scale,
            "change_low": None if change is None else (change - 0.003) * scale,
            "change_high": None if change is None else (change + 0.003) * scale,
            "verdict": verdict,
        }
        for measure, scale in (("wape_median", 1.0), ("pinball", 0.29))
        for step, value, change, verdict in steps
    ]
    return pl.DataFrame(found, schema=VALUE_ADDED)


def opening(number: int = 0, **changes: Any) -> Opening:
    """One opening of the ledger."""
    facts: dict[str, Any] = {
        "opened_at": datetime(2024, 6, 20 + number, 10, 22, tzinfo=UTC),
        "config_digest": f"{number}f3c9a77d2" * 6,
        "code_version": "0.1.0",
        "name": "fresh",
        "window": "June",
        "origins": ORIGINS,
        "run_id": f"backtest-2024-06-{20 + number}-a1b2c3",
        "reason": None,
    }
    return Opening(**{**facts, **changes})


@pytest.fixture(scope="session")
def an_opening() -> Callable[..., Opening]:
    return opening


@pytest.fixture(scope="session")
def summary() -> BacktestSummary:
    return BacktestSummary(
        name="fresh",
        run_id="backtest-2024-06-21-a1b2c3",
        frequency="day",
        origins=ORIGINS,
        horizon=14,
        spacing=7,
        protection_interval=4,
        series=5000,
        regions=6,
        seconds=314.2,
        lightgbm_seconds=121.0,
        peak_memory_bytes=1_840_000_000,
        code_version="0.1.0",
        settings_digest="1f3c9a77d2" * 6,
        locked_windows={"June": ORIGINS, "July": (date(2024, 7, 7),)},
        openings=(opening(), opening(1), opening(2, reason="lead times were read as weeks", config_digest="0f3c9a77d2" * 6)),
        plan_messages=messages_frame(
            [
                PlanMessage("short_series_left_out", "112 series have no sale before the first origin.", severity="info"),
                PlanMessage("no_supply", "No supply table, so the protection interval is that of the config.", fix="Deliver supply."),
            ]
        ),
    )
