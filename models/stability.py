"""Run-to-run stability: how far tonight's forecasts moved from the last published ones, and how far the news in between warrants it.

The news is the demand observed since, against what had been forecast for those periods. A level that follows demand by exponential
smoothing moves by a share of that surprise (Brown 1959); what goes beyond it, and beyond the forecast's own uncertainty, has another
cause that a planner should know.
"""

import polars as pl

GAIN = {"day": 0.15, "week": 0.3}
"""Share of a period's surprise that moves the level: the weight of the newest observation in exponential smoothing."""

TOLERANCE = 1.0
"""Standard deviations of total demand over the compared periods that a forecast may move beyond what its news warrants."""

P10_TO_P90 = 2.563
"""Standard deviations between the 0.1 and the 0.9 quantile of a normal distribution."""

SURPRISE = 2.0
"""Standard deviations from which observed demand itself counts as unusual."""

MOVES: dict[str, type[pl.DataType]] = {
    "region": pl.String,
    "fc": pl.String,
    "sku": pl.String,
    "periods": pl.Int64,
    "before": pl.Float64,
    "now": pl.Float64,
    "change": pl.Float64,
    "observed_periods": pl.Int64,
    "observed": pl.Float64,
    "expected": pl.Float64,
    "surprise": pl.Float64,
    "warranted": pl.Float64,
    "beyond": pl.Float64,
}
"""Columns of `forecast_moves`."""

KEY = ["fc", "sku"]

MICRO = 1_000_000


def forecast_moves(previous: pl.DataFrame, forecasts: pl.DataFrame, demand: pl.DataFrame, *, frequency: str) -> pl.DataFrame:
    """Return how the forecast of each sku × fc moved between two runs, over the periods that both forecast.

    Parameters
    ----------
    previous, forecasts
        The last published and tonight's forecasts, by the contract Forecasts.
    demand
        The news: columns fc, sku, date, demand (units; null where the item was out of stock in part), since the last run.
    frequency
        `day` or `week`.

    Returns
    -------
    One row per sku × fc that both runs forecast, sorted by fc, sku. periods: compared; before, now: mean demand of them together,
    units; change: sum of the absolute differences period by period, units; observed_periods, observed, expected: periods in stock
    since the last run, demand in them and what it had forecast, units; surprise: observed − expected in standard deviations, null
    where nothing was observed; warranted: the move that the news calls for, units, of either sign; beyond: units by which the move,
    in its direction, exceeds it and TOLERANCE standard deviations, 0 where it does not.
    """
    variance = ((pl.col("p90") - pl.col("p10")) / P10_TO_P90) ** 2
    old = previous.select(*KEY, "date", pl.col("mean").alias("was"), variance.alias("variance"))
    both = forecasts.select("region", *KEY, "date", pl.col("mean").alias("is")).join(old, on=[*KEY, "date"])
    moved = both.group_by("region", *KEY).agg(
        pl.len().cast(pl.Int64).alias("periods"),
        _total(pl.col("was")).alias("before"),
        _total(pl.col("is")).alias("now"),
        _total((pl.col("is") - pl.col("was")).abs()).alias("change"),
        _total(pl.col("variance")).sqrt().alias("sd"),
    )
    seen = (
        demand.filter(pl.col("demand").is_not_null())
        .join(old, on=[*KEY, "date"])
        .group_by(KEY)
        .agg(
            pl.len().cast(pl.Int64).alias("observed_periods"),
            _total(pl.col("demand")).alias("observed"),
            _total(pl.col("was")).alias("expected"),
            _total(pl.col("variance")).sqrt().alias("observed_sd"),
        )
    )
    news = pl.col("observed") - pl.col("expected")
    n = pl.col("observed_periods")
    gain = 1 - (1 - GAIN[frequency]) ** n
    move = pl.col("now") - pl.col("before")
    along = pl.when(move * pl.col("warranted") > 0).then(pl.col("warranted").abs()).otherwise(0.0)
    return (
        moved.join(seen, on=KEY, how="left")
        .with_columns(pl.col("observed_periods", "observed", "expected").fill_null(0))
        .with_columns(
            pl.when(n > 0).then(news / pl.max_horizontal("observed_sd", pl.lit(0.1))).alias("surprise"),
            pl.when(n > 0).then(gain * news / n * pl.col("periods")).otherwise(0.0).alias("warranted"),
        )
        .with_columns((move.abs() - along - TOLERANCE * pl.col("sd")).clip(lower_bound=0).alias("beyond"))
        .sort(*KEY)
        .select(pl.col(name).cast(dtype) for name, dtype in MOVES.items())
    )


def _total(quantity: pl.Expr) -> pl.Expr:
    """Return the sum in whole millionths: the same whatever the order of rows."""
    return (quantity * MICRO).round().cast(pl.Int64).sum() / MICRO


def no_moves() -> pl.DataFrame:
    """Return the moves of a run that has none to be compared with."""
    return pl.DataFrame(schema=MOVES)


def stability(moves: pl.DataFrame) -> list[tuple[str, str | None, float]]:
    """Return what there is to measure of the moves: name, region (None for all) and value, nothing where nothing was compared.

    forecast_change: sum of absolute changes period by period ÷ sum of the forecasts before, a WAPE of tonight against the last run;
    forecast_shift: the same with signs, above 0 where tonight's forecasts are higher; moved_beyond_news: share of the series.
    """
    found: list[tuple[str, str | None, float]] = []
    for region in (None, *moves["region"].unique().sort().to_list()):
        part = moves if region is None else moves.filter(pl.col("region") == region)
        before = float(part["before"].sum())
        if part.height and before > 0:
            found.append(("forecast_change", region, float(part["change"].sum()) / before))
            found.append(("forecast_shift", region, float(part["now"].sum()) / before - 1))
            found.append(("moved_beyond_news", region, float((part["beyond"] > 0).sum()) / part.height))
    return found
