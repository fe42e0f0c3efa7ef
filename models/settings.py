"""Settings of the models room: forecasting and replenishment."""

import difflib
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

CLASSES = (*"ABC", *(abc + xyz for abc in "ABC" for xyz in "XYZ"), *"XYZ")
"""Classes that can be given a service level of their own: by margin, by margin and spread of demand, by spread."""

Month = Annotated[int, Field(ge=1, le=12)]
Share = Annotated[float, Field(gt=0, lt=1)]
Weight = Annotated[float, Field(ge=0.1, le=10)]


class Frozen(BaseModel):
    """Base of every settings model: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ForecastSettings(Frozen):
    """How demand is forecast."""

    retrain_every_days: int = Field(7, ge=1, description="days of history after which the models are trained anew")
    challenge: bool = Field(
        True,
        description="whether models trained anew are used only where they are not worse than those in use, beyond noise, on the same "
        "held-back days",
    )
    max_training_rows: int = Field(
        1_500_000, ge=1_000, description="most training rows of the shared model, drawn evenly over series and origins"
    )
    paths: int = Field(256, ge=32, le=5_000, description="sample paths of demand per sku × fc")
    threads: int = Field(0, ge=0, description="threads of LightGBM; 0 takes all cores")


class ReplenishmentSettings(Frozen):
    """How orders are chosen, and the terms that hold where `supply` and `items` are silent."""

    objective: Literal["cost", "service"] = Field("cost", description="cheapest order, or smallest order that reaches the service level")
    service_measure: Literal["fill_rate", "cycle"] = Field("cycle", description="what service_level measures when the objective is service")
    service_level: float = Field(0.95, gt=0, lt=1, description="target service; also the risk that order_by_date keeps")
    service_levels: dict[str, Share] = Field(
        default_factory=dict,
        description="target service by class, such as AX = 0.98 or A = 0.97, where neither an override nor supply gives one; ABC is by "
        "margin, XYZ by spread of demand; AX goes before A, A before X",
    )
    holding_cost: float | None = Field(
        None, ge=0, description="money per unit left at the end of a period; without it unit_cost × capital_rate + storage"
    )
    shortage_cost: float | None = Field(None, ge=0, description="money per unit of unmet demand; without it price − unit_cost")
    capital_rate: float = Field(0.25, ge=0, description="yearly cost of the money bound in stock, as a share of unit_cost")
    storage_cost_m3_month: float = Field(0.0, ge=0, description="storage per cubic metre and month")
    peak_storage_cost_m3_month: float | None = Field(
        None, ge=0, description="the same in peak months; each period ahead is held at the price of its own date"
    )
    peak_months: tuple[Month, ...] = Field((10, 11, 12), description="months, 1 to 12, in which peak_storage_cost_m3_month holds")
    holding_weights: dict[str, Weight] = Field(
        default_factory=dict,
        description="how many times its cost holding is charged when orders are weighed, by ABC class, such as A = 1.5; what replayed "
        "costs say (`fillrate replay --tune`)",
    )
    order_line_cost: float = Field(
        0.0, ge=0, description="money per order line, whatever its size: an order must be worth it, and is larger for it"
    )
    unmet_demand: Literal["lost", "backorder"] = Field("lost", description="whether unmet demand is lost or waits")
    lead_time_days: float = Field(7.0, ge=0, le=730, description="days from sending an order to its first day on sale")
    lead_time_sd: float = Field(0.0, ge=0, le=365, description="standard deviation of the lead time, days")
    review_days: int = Field(7, ge=1, le=366, description="days between two chances to order")
    closed_dates: tuple[date, ...] = Field(
        (), description="days on which no order goes out, beside events of kind `closed`; a week is closed where all its days are"
    )
    case_pack: float = Field(1.0, gt=0, description="units per case")
    moq: float = Field(0.0, ge=0, description="least units per order line, or nothing")
    threads: int = Field(2, ge=1, le=64, description="threads that simulate stock; the numbers do not depend on it")
    overstock_days: float = Field(
        90.0, gt=0, description="days within which stock should sell; what is held beyond any likely demand of that time is a surplus"
    )
    slow_mover_days: float = Field(
        180.0, gt=0, description="days to sell out above which a surplus is told as a slow mover instead of as overstock"
    )
    idle_days: int = Field(56, ge=1, description="days in stock without a sale after which a surplus is told as a slow mover")
    large_value: float = Field(
        100.0, gt=0, description="money at risk from which an alert counts as large; with the time left it sets the severity"
    )
    alert_cap: int = Field(50, ge=1, description="most alerts that a run lists; the rest is counted, and is in its alerts table")
    alert_cap_per_kind: int = Field(20, ge=1, description="most alerts of one kind among them, so that none crowds out the others")

    @field_validator("holding_weights", mode="before")
    @classmethod
    def known_abc(cls, weights: Any) -> Any:
        """Take A, B and C in any case; refuse others."""
        if not isinstance(weights, Mapping):
            return weights
        known = {str(name).strip().upper(): weight for name, weight in weights.items()}
        if unknown := sorted(set(known) - set("ABC")):
            raise ValueError(f"unknown class {unknown[0]!r}; classes are A, B and C")
        return known

    @field_validator("service_levels", mode="before")
    @classmethod
    def known_classes(cls, levels: Any) -> Any:
        """Take classes in any case; refuse those that there are not, with the nearest that there is."""
        if not isinstance(levels, Mapping):
            return levels
        known = {str(name).strip().upper(): level for name, level in levels.items()}
        if unknown := sorted(set(known) - set(CLASSES)):
            near = difflib.get_close_matches(unknown[0], CLASSES, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(f"unknown class {unknown[0]!r}; {hint}classes are A, B, C, then X, Y, Z, alone or together as in AX")
        return known


class BacktestSettings(Frozen):
    """How `fillrate backtest` judges the forecasts on the past."""

    origins: int | None = Field(
        None,
        ge=1,
        le=60,
        description="origins from which the past is forecast again, training included; without it three, or what history has room for",
    )
    every: int | None = Field(None, ge=1, description="periods between two origins; without it the horizon, so that windows do not overlap")
    horizon: int | None = Field(None, ge=1, le=366, description="periods forecast from each origin; without it `horizon`")
    last_origin: date | None = Field(
        None, description="last day known at the newest origin; without it the newest with a whole horizon after it"
    )
    drivers_ahead: bool = Field(
        False,
        description="whether drivers known ahead may be used as observed, as if they had been forecast without error; else they are not "
        "used ahead of an origin",
    )
    locked: bool = Field(False, description="whether the window may be opened only once per configuration, and every opening is recorded")
    statsmodels_series: int = Field(200, ge=0, description="series of the fixed sample on which statsmodels' methods are judged")
    workers: int = Field(0, ge=0, le=64, description="processes that work on regions side by side; 0 takes all cores")


class ReplaySettings(Frozen):
    """How `fillrate replay` plays the past."""

    starts: tuple[date, ...] | None = Field(
        None, description="last known day before the first order of each window; without it one window that ends with the sales"
    )
    periods: int | None = Field(
        None, ge=1, le=400, description="periods of a window; without it 52 weeks or 56 days, or what history has room for"
    )
    not_counted: int | None = Field(
        None,
        ge=0,
        description="first periods of a window that are played but not counted; without it the usual lead time, before which nothing "
        "ordered in the window arrives",
    )
    run_in: int | None = Field(
        None, ge=0, le=200, description="periods before a window in which a days-of-cover rule orders; without it 16 weeks or 28 days"
    )
    run_in_cover_days: float | None = Field(
        None, gt=0, description="days of recent mean demand that this rule orders up to; without it the protection interval and a sixth"
    )
    train_every_days: int = Field(28, ge=1, description="days of history after which the models are trained anew, first on the first night")
    drivers_ahead: bool = Field(
        False, description="whether drivers known ahead may be used as observed, as if they had been forecast without error"
    )
    workers: int = Field(0, ge=0, le=64, description="processes that work on regions side by side; 0 takes all cores")
