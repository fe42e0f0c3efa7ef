"""Alerts: tonight's problems, ranked by money, and how they stand against the night before."""

from datetime import date
from hashlib import blake2b

import dataframely as dy
import polars as pl

from models.alert_kinds.night import FOUND, News, Night
from models.alert_kinds.registry import KINDS
from models.contracts import SEVERITIES, Alerts
from models.recommending.inbound import LATE
from models.settings import ReplenishmentSettings

WORSE, BETTER = 1.1, 0.9
"""Tonight's size ÷ the last night's from which a problem counts as worse, and up to which as better."""


def raise_alerts(
    *,
    as_of: date,
    recommendations: pl.DataFrame,
    plan_messages: pl.DataFrame,
    previous_alerts: pl.DataFrame | None,
    settings: ReplenishmentSettings,
    items: pl.DataFrame | None = None,
    news: News | None = None,
    late_lines: pl.DataFrame | None = None,
) -> dy.DataFrame[Alerts]:
    """Return tonight's alerts, the most value at risk first, unknown value last.

    An alert keeps its id and first_seen as long as its problem lasts. One that is gone is listed once more, as cleared, on the
    night it goes; those of regions without a recommendation tonight are not called cleared, since nobody looked.

    Parameters
    ----------
    recommendations, plan_messages
        Tonight's, by the contracts Recommendations and PlanMessages.
    previous_alerts
        Alerts of the run before.
    items
        Gives the unit cost at which overstock is valued; without it its value is unknown.
    news
        How the forecasts moved since the run before; without it no move is judged.
    late_lines
        Open order lines that should be here, as `models.recommending.inbound.LATE`.
    """
    costs = None if items is None else items.select("sku", "unit_cost")
    if costs is None:
        priced = recommendations.with_columns(pl.lit(None, dtype=pl.Float64).alias("unit_cost"))
    else:
        priced = recommendations.join(costs, on="sku", how="left")
    late = pl.DataFrame(schema=LATE) if late_lines is None else late_lines
    night = Night(as_of, priced, plan_messages, settings, news or News(), late)
    found = pl.concat(
        pl.DataFrame(kind_found(night), schema=FOUND).with_columns(pl.lit(kind).alias("kind")) for kind, kind_found in KINDS.items()
    )
    ids = [_identity(*key) for key in found.select("kind", "region", "fc", "sku", "code").iter_rows()]
    tonight = found.with_columns(pl.Series("alert_id", ids, dtype=pl.String), _severity(settings).alias("severity"))
    if previous_alerts is None:
        previous_alerts = Alerts.create_empty()
    open_before = previous_alerts.filter(pl.col("state") != "cleared")
    known = tonight.join(
        open_before.select("alert_id", pl.col("first_seen", "value_at_risk", "units_at_risk", "severity").name.suffix("_before")),
        on="alert_id",
        how="left",
    ).with_columns(_state().alias("state"), pl.col("first_seen_before").fill_null(as_of).alias("first_seen"))
    regions = recommendations.get_column("region").unique().to_list()
    cleared = (
        open_before.join(tonight, on="alert_id", how="anti")
        .filter(pl.col("region").is_null() | pl.col("region").is_in(regions))
        .with_columns(
            pl.lit("cleared").alias("state"),
            pl.lit("low").alias("severity"),
            pl.lit(None, dtype=pl.Float64).alias("probability"),
            pl.lit(None, dtype=pl.Date).alias("expected_date"),
            pl.col("units_at_risk", "value_at_risk") * 0,
            pl.format("No longer so. On the night before: {}", "message").alias("message"),
            pl.lit(None, dtype=pl.String).alias("action"),
        )
    )
    columns = Alerts.column_names()
    everything = pl.concat([known.select(columns), cleared.select(columns)])
    rank = pl.col("severity").replace_strict({name: number for number, name in enumerate(SEVERITIES)}, return_dtype=pl.Int64)
    return Alerts.validate(
        everything.with_columns(rank.alias("rank"))
        .sort(["value_at_risk", "rank", "kind", "region", "fc", "sku", "alert_id"], descending=[True] + [False] * 6, nulls_last=True)
        .drop("rank")
    )


def _identity(*key: str | None) -> str:
    """Return the id of a problem: the same every night, different for every kind, region, fc, sku and code."""
    return blake2b("\x1f".join(part or "" for part in key).encode(), digest_size=6).hexdigest()


def _severity(settings: ReplenishmentSettings) -> pl.Expr:
    """Return severity from money and time left: critical is large and urgent, high is one of them, low is neither.

    Large is from `large_value` on, notable from a tenth of it. An error in the data counts as high, a warning as medium.
    """
    value, urgent = pl.col("value_at_risk").fill_null(0), pl.col("urgent")
    large, notable = value >= settings.large_value, value >= settings.large_value / 10
    return (
        pl.when(pl.col("kind") == "data_problem")
        .then(pl.when(urgent).then(pl.lit("high")).otherwise(pl.lit("medium")))
        .when(large & urgent)
        .then(pl.lit("critical"))
        .when(large | (urgent & notable))
        .then(pl.lit("high"))
        .when(urgent | notable)
        .then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
    )


def _state() -> pl.Expr:
    """Return new, worse, same or better: by value at risk, by units where there is no value, by severity where neither."""
    now = pl.coalesce("value_at_risk", "units_at_risk", pl.lit(0.0))
    then = pl.coalesce(
        pl.when(pl.col("value_at_risk").is_not_null()).then(pl.col("value_at_risk_before")),
        pl.when(pl.col("value_at_risk").is_null()).then(pl.col("units_at_risk_before")),
        now,
    )
    graver = {name: len(SEVERITIES) - number for number, name in enumerate(SEVERITIES)}
    rank_now = pl.col("severity").replace_strict(graver, return_dtype=pl.Int64)
    rank_then = pl.col("severity_before").replace_strict(graver, return_dtype=pl.Int64)
    unmeasured = pl.coalesce("value_at_risk", "units_at_risk").is_null()
    return (
        pl.when(pl.col("first_seen_before").is_null())
        .then(pl.lit("new"))
        .when((now > then * WORSE + 1e-9) | (unmeasured & (rank_now > rank_then)))
        .then(pl.lit("worse"))
        .when((now < then * BETTER - 1e-9) | (unmeasured & (rank_now < rank_then)))
        .then(pl.lit("better"))
        .otherwise(pl.lit("same"))
    )
