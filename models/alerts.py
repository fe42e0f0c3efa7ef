"""Alerts: tonight's problems, ranked by money, and how they stand against the night before."""

from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import blake2b

import dataframely as dy
import polars as pl

from models.alert_kinds.night import FOUND, MAY_FIND, News, Night
from models.alert_kinds.registry import KINDS
from models.alert_list import with_listed
from models.alert_severity import severity
from models.contracts import SEVERITIES, Alerts
from models.recommending.inbound import LATE
from models.settings import ReplenishmentSettings
from models.snoozes import WORSE, Snooze, asleep
from models.surplus import Surplus

ONE_PROBLEM = {"slow_mover": "overstock"}
"""Kinds that are another kind's problem under another name: they share its id, so that an item at the border between them keeps one."""

BETTER = 0.9
"""Tonight's size ÷ the last night's up to which a problem counts as better; from WORSE on it counts as worse."""

SLEEP = {"snoozed_by": pl.String, "snoozed_until": pl.Date, "snooze_reason": pl.String}
"""Columns that say of an alert that it sleeps."""


def raise_alerts(
    *,
    as_of: date,
    recommendations: pl.DataFrame,
    plan_messages: pl.DataFrame,
    previous_alerts: pl.DataFrame | None,
    settings: ReplenishmentSettings,
    items: pl.DataFrame | None = None,
    news: News | None = None,
    surplus: pl.DataFrame | None = None,
    snoozes: Mapping[str, Snooze] | None = None,
    snoozes_before: Iterable[Snooze] = (),
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
        Gives the unit cost at which moves of the forecast are valued; without it their value is unknown.
    news
        How the forecasts moved since the run before; without it no move is judged.
    surplus
        What is held beyond any likely need, by the contract Surplus; without it neither overstock nor slow movers are looked for.
    snoozes
        Alerts that planners have silenced, by `models.snoozes.in_force`.
    snoozes_before
        Those that the run before knew.
    late_lines
        Open order lines that should be here, as `models.recommending.inbound.LATE`.
    """
    costs = None if items is None else items.select("sku", "unit_cost")
    if costs is None:
        priced = recommendations.with_columns(pl.lit(None, dtype=pl.Float64).alias("unit_cost"))
    else:
        priced = recommendations.join(costs, on="sku", how="left")
    night = Night(
        as_of,
        priced,
        plan_messages,
        settings,
        news or News(),
        Surplus.create_empty() if surplus is None else surplus,
        pl.DataFrame(schema=LATE) if late_lines is None else late_lines,
    )
    found = pl.concat(_whole(kind_found(night)).with_columns(pl.lit(kind).alias("kind")) for kind, kind_found in KINDS.items())
    ids = [
        _identity(ONE_PROBLEM.get(kind, kind), *place) for kind, *place in found.select("kind", "region", "fc", "sku", "code").iter_rows()
    ]
    tonight = found.with_columns(pl.Series("alert_id", ids, dtype=pl.String), severity(as_of, settings.large_value).alias("severity"))
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
            *(pl.lit(None, dtype=dtype).alias(name) for name, dtype in ({"expected_date": pl.Date} | MAY_FIND).items()),
            pl.col("units_at_risk", "value_at_risk") * 0,
            pl.format("No longer so. On the night before: {}", "message").alias("message"),
            pl.lit(None, dtype=pl.String).alias("action"),
        )
    )
    columns = [name for name in Alerts.column_names() if name not in ("listed", *SLEEP)]
    everything = pl.concat([known.select(columns), cleared.select(columns)])
    rank = pl.col("severity").replace_strict({name: number for number, name in enumerate(SEVERITIES)}, return_dtype=pl.Int64)
    ranked = (
        everything.with_columns(rank.alias("rank"))
        .sort(["value_at_risk", "rank", "kind", "region", "fc", "sku", "alert_id"], descending=[True] + [False] * 6, nulls_last=True)
        .drop("rank")
    )
    sleeping = asleep(ranked.filter(pl.col("state") != "cleared"), snoozes or {}, previous_alerts, snoozes_before, as_of)
    told = ranked.join(_sleepers(sleeping), on="alert_id", how="left", maintain_order="left")
    listed = with_listed(told, most=settings.alert_cap, most_of_kind=settings.alert_cap_per_kind)
    return Alerts.validate(listed.select(Alerts.column_names()))


def _sleepers(sleeping: Mapping[str, Snooze]) -> pl.DataFrame:
    rows = [(alert_id, snooze.author, snooze.until, snooze.reason) for alert_id, snooze in sleeping.items()]
    return pl.DataFrame(rows, schema={"alert_id": pl.String, **SLEEP}, orient="row")


def _whole(found: pl.DataFrame) -> pl.DataFrame:
    """Return what a kind found with all columns, those it does not tell as nulls."""
    missing = {name: pl.lit(None, dtype=dtype) for name, dtype in MAY_FIND.items() if name not in found.columns}
    return pl.DataFrame(found.with_columns(**missing).select(*FOUND, *MAY_FIND), schema=FOUND | MAY_FIND)


def _identity(*key: str | None) -> str:
    """Return the id of a problem: the same every night, different for every problem, region, fc, sku and code."""
    return blake2b("\x1f".join(part or "" for part in key).encode(), digest_size=6).hexdigest()


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
