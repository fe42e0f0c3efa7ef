"""The terms of a scenario: which rows it means, and what holds for them."""

import difflib
from collections.abc import Callable

import polars as pl

from flows.settings import ConfigError
from flows.whatif.scenarios import SELECTORS, Change, Scenario, Scenarios, Where

Terms = Callable[[pl.DataFrame], pl.DataFrame]


def rows_to_select(recommendations: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Return fc, sku and every selector of each row of a run."""
    of_items = items.select("sku", "category", "subcategory")
    rows = recommendations.select("fc", "sku", "region", "supplier", "abc", "xyz")
    return rows.join(of_items, on="sku", how="left").select("fc", *(name for name in SELECTORS if name != "fc")).sort("fc", "sku")


def refuse_what_selects_nothing(scenarios: Scenarios, rows: pl.DataFrame) -> None:
    """Refuse a scenario that names what no row has: it would change nothing, and be read as if it did.

    Raises
    ------
    ConfigError
        With the nearest that there is.
    """
    for scenario in scenarios.scenario:
        for change in scenario.change:
            for name in SELECTORS:
                there = rows[name].drop_nulls().unique().sort().to_list()
                for value in getattr(change.where, name):
                    if value not in there:
                        near = [one for one in there if one.casefold() == value.casefold()] or difflib.get_close_matches(value, there, n=1)
                        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(map(repr, there[:8])) or 'none'}"
                        raise ConfigError(f"scenario {scenario.name!r}: no row of the run has {name} {value!r}; {hint}")
            if rows.filter(_chosen(change.where)).is_empty():
                raise ConfigError(
                    f"scenario {scenario.name!r}: no row of the run matches all of {change.where.model_dump(exclude_defaults=True)}"
                )


def terms_of(scenario: Scenario, rows: pl.DataFrame) -> Terms:
    """Return what makes the terms of a scenario out of those that hold, as `recommend` asks for them."""

    def changed(terms: pl.DataFrame) -> pl.DataFrame:
        for change in scenario.change:
            chosen = rows.filter(_chosen(change.where)).select("fc", "sku", pl.lit(True).alias("chosen"))
            here = pl.col("chosen").fill_null(False)
            terms = terms.join(chosen, on=["fc", "sku"], how="left", maintain_order="left")
            terms = terms.with_columns(
                pl.when(here).then(value).otherwise(pl.col(name)).alias(name) for name, value in _effects(change).items()
            ).drop("chosen")
        return terms

    return changed


def rows_meant(scenario: Scenario, rows: pl.DataFrame) -> int:
    """Return how many rows a scenario changes anything for."""
    return rows.filter(pl.any_horizontal(_chosen(change.where) for change in scenario.change)).height


def _chosen(where: Where) -> pl.Expr:
    return pl.all_horizontal(
        pl.lit(True), *(pl.col(name).is_in(getattr(where, name)).fill_null(False) for name in SELECTORS if getattr(where, name))
    )


def _effects(change: Change) -> dict[str, pl.Expr]:
    """Return the terms that a change sets, as expressions of those before it."""
    effects: dict[str, pl.Expr] = {
        name: pl.lit(value, dtype=pl.Int64 if name == "review_days" else pl.Float64)
        for name in (
            "lead_time_days",
            "lead_time_sd",
            "review_days",
            "service_level",
            "shortage_cost",
            "holding_cost",
            "case_pack",
            "moq",
            "max_units",
        )
        if (value := getattr(change, name)) is not None
    }
    if change.lead_time_plus_days is not None:
        days = effects.get("lead_time_days", pl.col("lead_time_days"))
        effects["lead_time_days"] = (days + change.lead_time_plus_days).clip(lower_bound=0)
    if change.demand_times is not None:
        effects["demand_multiplier"] = pl.col("demand_multiplier") * change.demand_times
    if change.unit_cost_times is not None:
        effects["unit_cost"] = pl.col("unit_cost") * change.unit_cost_times
    if change.service_level is not None:
        # Orders by cost look at no service level: who asks for one wants it reached.
        effects["objective"] = pl.lit("service")
    return effects
