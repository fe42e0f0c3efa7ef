"""The list of alerts that people are shown: the most money first, at most so many, the rest counted by kind."""

import polars as pl


def with_listed(alerts: pl.DataFrame, *, most: int, most_of_kind: int) -> pl.DataFrame:
    """Return ranked `alerts` with column listed: whether an alert is in the list.

    Cleared and snoozed alerts are not. Of the others the first `most_of_kind` of each kind qualify, and the first `most` of those are
    listed, in the order of the table.
    """
    awake = (pl.col("state") != "cleared") & pl.col("snoozed_by").is_null()
    of_kind = awake.cast(pl.Int64).cum_sum().over("kind")
    return (
        alerts.with_columns((awake & (of_kind <= most_of_kind)).alias("listed"))
        .with_columns((pl.col("listed") & (pl.col("listed").cast(pl.Int64).cum_sum() <= most)).alias("listed"))
        .select(alerts.columns if "listed" in alerts.columns else [*alerts.columns, "listed"])
    )


def alert_counts(alerts: pl.DataFrame) -> pl.DataFrame:
    """Return a row per kind, most open alerts first: open, new, listed, snoozed, unlisted, unlisted_value, cleared.

    open: all that are not cleared, of which listed + snoozed + unlisted; unlisted_value: money at risk of those that are awake and not
    in the list, 0 where none is known.
    """
    open_, asleep = pl.col("state") != "cleared", pl.col("snoozed_by").is_not_null()
    rest = open_ & ~asleep & ~pl.col("listed")
    # Whole hundredths: the sum does not depend on the order of rows.
    cents = (pl.col("value_at_risk").fill_null(0) * 100).round().cast(pl.Int64)
    return (
        alerts.group_by("kind")
        .agg(
            open_.sum().alias("open"),
            (pl.col("state") == "new").sum().alias("new"),
            pl.col("listed").sum().alias("listed"),
            (open_ & asleep).sum().alias("snoozed"),
            rest.sum().alias("unlisted"),
            (cents.filter(rest).sum() / 100).alias("unlisted_value"),
            (~open_).sum().alias("cleared"),
        )
        .with_columns(pl.exclude("kind", "unlisted_value").cast(pl.Int64))
        .sort("open", "kind", descending=[True, False])
    )


def rest_in_words(alerts: pl.DataFrame, currency: str | None = None) -> str | None:
    """Return what is not in the list in a sentence, such as "and 214 more: 180 overstock worth 1,200 EUR, 34 slow mover; 2 snoozed".

    None where everything open is listed.
    """
    counts = alert_counts(alerts)
    rest = counts.filter(pl.col("unlisted") > 0).sort("unlisted", "kind", descending=[True, False])
    money = f" {currency}" if currency else ""
    parts = [
        f"{number:,} {kind.replace('_', ' ')}" + (f" worth {value:,.0f}{money}" if value >= 0.5 else "")
        for kind, number, value in rest.select("kind", "unlisted", "unlisted_value").iter_rows()
    ]
    told = [f"and {rest['unlisted'].sum():,} more: {', '.join(parts)}"] if parts else []
    asleep = counts["snoozed"].sum()
    return "; ".join([*told, *([f"{asleep:,} snoozed"] if asleep else [])]) or None
