"""What a series was expected to sell in each period: its level so far, the weekday, the promotion and the region's day.

A series that sells out has its fast days cut short, so means over in-stock periods are too low, and so is units ÷ time in stock. Demand
of a period is therefore a Poisson count whose rate is drawn from a gamma distribution; a period that served the share `seen` of its
demand and sold s has the score (s − seen·mean) ÷ (shape ÷ mean + seen) for the mean, whatever ended the sales (Lawless 1987, with the
exposure of each period). Level, indices and factors below are all roots of sums of that score: weighted units over weighted exposure.
"""

import numpy as np
import polars as pl
from scipy.special import digamma

from data.demand import Frequency
from data.windows import POINT, fixed, lag, running, window_sum

PROFILE = 1.45
"""Demand still to come when a share u of the day is left is u to this power: late hours sell less than early ones.

Daily data cannot tell it. Chosen so that lost demand comes out unbiased where stock-outs are made (fresh data, days 7 to 34, see
benchmarks/check_lost_demand.py); a business that sells evenly over the day loses more than is estimated here."""

WINDOWS = {"day": (7, 14, 28), "week": (4, 8, 16)}
"""The level is the rate over these windows taken together, so that the last periods weigh most."""

MEMORY = {"day": 56, "week": 52}
"""Periods whose rate steadies that of the windows."""

STEADY = 0.1
"""Weight of a period of the memory beside a period of a window."""

PRIOR = 0.5
"""Weight of the usual series of the same category, in periods of a window."""

INDEPENDENT = 0.45
"""Periods that tell as much when weighed alike, per period of the overlapping windows."""

SHAPE, SHAPE_WEIGHT = 8.0, 10.0
"""Shape of the gamma spread of rates before the region has shown its own, and the information on its logarithm that this is worth."""

SHAPES = (1.0, 2.5, 6.0, 14.0, 32.0)
"""Shapes at which the likelihood's slope is taken."""

BETWEEN = 0.5
"""Shape of the spread of levels over series: what is known of a series that has no history."""

FAR = 6.0
"""Standard deviations beyond which a period counts no further toward what is common to the region: a bulk order is no trend."""

NO_EFFECT = {"weekday": 1.0, "promo": 7.0}
"""Dates without effect that an index is averaged with."""

INDEX_DATES = 182
"""Dates that the weekday index and the effect of promotions are learnt from."""

OWN_WEEKDAY = 40.0
"""Expected units on a weekday from which a series' own index counts as much as the region's."""

REGION_UNITS = 30.0
"""Expected units, weighted, from which the region's sales of a date count as much as no change."""

CLIP = (0.2, 5.0)
"""Bounds of every factor."""

LEAST = 0.001
"""Least expected units per period: a rate of nothing would explain no sale."""


def with_expected(grid: pl.DataFrame, frequency: Frequency) -> pl.DataFrame:
    """Return what each period's demand was expected to be before its own sales are looked at; rows as in `grid`.

    Columns: sold; `seen`, the share of the period's demand that came while the item was in stock; pos; `level`, units per usual period
    before this one; `expected`, units of this whole period; `spread` and `sure`, the shapes of the gamma distributions, mean 1, by which
    the rate of a period differs from the expected one and the expected one from the true one (`shape` takes both together).
    All rest on earlier periods of the region's series and, for the factor of a date that they share, on the region's sales of that
    date; nothing later.

    Parameters
    ----------
    grid
        Contract `Demand` of one region; columns promo (0 to 1, null for none) and category are used where present.
    """
    rows = _rows(grid, frequency)
    rows = _with_rate(rows, pl.col("seen"), frequency).with_columns(expected="rate")
    rows = rows.with_columns(index=_joined(rows, _weekday_index(rows)) if frequency == "day" else pl.lit(1.0))
    rows = rows.with_columns(index=pl.col("index") * pl.lit(_joined(rows, _promo_effect(rows))) ** pl.col("promo"))
    rows = _with_rate(rows, pl.col("seen") * pl.col("index"), frequency)
    rows = rows.with_columns(expected=pl.col("rate") * pl.col("index"))
    if frequency == "day":
        rows = rows.with_columns(expected=pl.col("expected") * _own_weekday())
    rows = rows.with_columns(expected=(pl.col("expected") * _joined(rows, _region_factor(rows))).clip(lower_bound=LEAST))
    rows = rows.with_columns(common=_joined(rows, _shape(rows)))
    known = INDEPENDENT * pl.col("known") * pl.col("common") * pl.col("expected") / (pl.col("common") + pl.col("expected"))
    return rows.select("sold", "seen", "pos", "expected", level="rate", spread="common", sure=known + BETWEEN)


def shape() -> pl.Expr:
    """Return the shape of one gamma distribution with the variance of `spread` and `sure` together."""
    return 1 / (1 / pl.col("spread") + 1 / pl.col("sure"))


def share_of_time(seen: pl.Expr, frequency: Frequency) -> pl.Expr:
    """Return the share of a period's time in which this share of its demand comes: the inverse of `seen`."""
    return seen if frequency == "week" else 1 - (1 - seen) ** (1 / PROFILE)


def seen(share: pl.Expr, frequency: Frequency) -> pl.Expr:
    """Return the share of a period's demand that came while the item was in stock, from the share of its time.

    Stock mostly lasts to some hour of the day, and the hours after it sell less. A week's share is a mean over its days, as it is.
    """
    return share if frequency == "week" else 1 - (1 - share) ** PROFILE


def _rows(grid: pl.DataFrame, frequency: Frequency) -> pl.DataFrame:
    empty = pl.lit(None, dtype=pl.String)
    rows = grid.select(
        "date",
        # what a period out throughout has sold all the same says nothing of its rate
        sold=pl.when(pl.col("in_stock_share") > 0).then("demand_at_least").otherwise(0.0),
        seen=seen(pl.col("in_stock_share"), frequency),
        promo=pl.col("promo").fill_null(0.0).cast(pl.Float64) if "promo" in grid.columns else pl.lit(0.0),
        category=(pl.col("category") if "category" in grid.columns else empty).fill_null(""),
        begins=(pl.col("fc").ne_missing(pl.col("fc").shift()) | pl.col("sku").ne_missing(pl.col("sku").shift())),
    )
    number = pl.int_range(pl.len())
    return rows.with_columns(pos=number - pl.when("begins").then(number).forward_fill())


def _with_rate(rows: pl.DataFrame, exposure: pl.Expr, frequency: Frequency) -> pl.DataFrame:
    """Add `rate`, units per unit of exposure before each period, and `known`, the exposure it rests on.

    From the second time on, periods are weighed by their score: one cut short more than its exposure tells.
    """
    weight = _score() / _score(pl.lit(1.0)) if "expected" in rows.columns else pl.lit(1.0)
    rows = rows.with_columns(units=fixed(pl.col("sold") * weight), exposure=fixed(exposure * weight))
    usual = _joined(rows, _usual(rows), "category", "date")
    rows = rows.with_columns(running(pl.col(name)).alias(f"total_{name}") for name in ("units", "exposure"))
    units, known = (
        sum((window_sum(f"total_{name}", window, ending=1) for window in WINDOWS[frequency]), start=pl.lit(0, dtype=pl.Int64)) / POINT
        + STEADY / POINT * window_sum(f"total_{name}", MEMORY[frequency], ending=1)
        for name in ("units", "exposure")
    )
    rows = rows.with_columns(known=known, usual=usual)
    return rows.with_columns(rate=((units + PRIOR * pl.col("usual")) / (known + PRIOR)).clip(lower_bound=LEAST))


def _score(seen: pl.Expr | None = None) -> pl.Expr:
    """Return the weight of sold − seen · mean in the score of the logarithm of a period's mean; the share seen is its own by default."""
    return 1 / (1 + pl.col("expected") * (pl.col("seen") if seen is None else seen) / SHAPE)


def _usual(rows: pl.DataFrame) -> pl.DataFrame:
    """Return category, date and the mean rate of the category's series up to that date."""
    sums = rows.group_by("category", "date").agg(pl.col("units", "exposure").sum()).sort("category", "date")
    units, exposure = (pl.col(name).cum_sum().over("category") for name in ("units", "exposure"))
    return sums.select("category", "date", value=pl.when(exposure > 0).then(units / exposure).fill_null(0.0))


def _by_date(rows: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """Return date, keys, sold and expected: the region's sums, weighted by the score, in fixed point; sorted."""
    mean = pl.col("expected") * pl.col("seen")
    sold = pl.min_horizontal("sold", _far(mean))
    weighted = rows.select("date", *keys, sold=fixed(sold * _score()), expected=fixed(mean * _score()))
    return weighted.group_by("date", *keys).agg(pl.col("sold", "expected").sum()).sort("date", *keys)


def _weekday_index(rows: pl.DataFrame) -> pl.DataFrame:
    """Return date, value: how much more than usual the region sold on earlier dates of the same weekday."""
    dates = _by_date(rows).with_columns(weekday=pl.col("date").dt.weekday())
    same, every = INDEX_DATES // 7, INDEX_DATES
    dates = dates.with_columns(
        *(pl.col(name).shift().rolling_sum(every, min_samples=1).alias(f"{name}_ever") for name in ("sold", "expected")),
        *(
            pl.col(name).shift().rolling_sum(same, min_samples=1).over("weekday", order_by="date").alias(f"{name}_same")
            for name in ("sold", "expected")
        ),
        times=pl.int_range(pl.len()).over("weekday", order_by="date").clip(upper_bound=same),
    )
    return _index(dates, "same", "ever", NO_EFFECT["weekday"])


def _promo_effect(rows: pl.DataFrame) -> pl.DataFrame:
    """Return date, value: sales on promotion over sales without, each over what was expected, on earlier dates."""
    sums = _by_date(rows.with_columns(on=pl.col("promo") >= 0.5), "on")
    dates = sums.select("date").unique().sort("date")
    for on, name in ((True, "on"), (False, "off")):
        of = sums.filter(pl.col("on") == on).select("date", **{f"{column}_{name}": column for column in ("sold", "expected")})
        dates = dates.join(of, on="date", how="left", maintain_order="left")
    both = (pl.col("expected_on") > 0) & (pl.col("expected_off") > 0)
    past = dates.select(
        "date",
        *(
            pl.col(f"{column}_{name}").fill_null(0).shift().rolling_sum(INDEX_DATES, min_samples=1)
            for column in ("sold", "expected")
            for name in ("on", "off")
        ),
        times=both.fill_null(False).cast(pl.Int64).cum_sum().shift().fill_null(0),
    )
    return _index(past, "on", "off", NO_EFFECT["promo"])


def _index(dates: pl.DataFrame, these: str, those: str, no_effect: float) -> pl.DataFrame:
    """Return date and value: sold ÷ expected of these dates over that of those, averaged with `no_effect` dates at 1."""
    these_rate, those_rate = (pl.col(f"sold_{name}") / pl.col(f"expected_{name}") for name in (these, those))
    value = (pl.col("times") * these_rate / those_rate + no_effect) / (pl.col("times") + no_effect)
    # 0 ÷ 0 where there is nothing to compare: no effect
    return dates.select("date", value=pl.when(value.is_finite()).then(value.clip(*CLIP)).otherwise(1.0))


def _own_weekday() -> pl.Expr:
    """Return how much more than expected the series itself sold on earlier periods of the same weekday, shrunk to none."""
    weight = _score()
    sold, expected = (_same_weekday_before(fixed(column * weight)) for column in (pl.col("sold"), pl.col("expected") * pl.col("seen")))
    return ((sold / POINT + OWN_WEEKDAY) / (expected / POINT + OWN_WEEKDAY)).clip(*CLIP)


def _same_weekday_before(quantity: pl.Expr) -> pl.Expr:
    """Return the sum of an Int64 quantity over the same weekday of the eight weeks before each row."""
    return pl.sum_horizontal(lag(quantity, 7 * week).fill_null(0) for week in range(1, 9))


def _region_factor(rows: pl.DataFrame) -> pl.DataFrame:
    """Return date, value: the region's sales of the date over what its series were expected to sell."""
    steady = REGION_UNITS * POINT
    return _by_date(rows).select("date", value=((pl.col("sold") + steady) / (pl.col("expected") + steady)).clip(*CLIP))


def _shape(rows: pl.DataFrame) -> pl.DataFrame:
    """Return date, value: shape of the gamma spread of rates on earlier dates, by maximum likelihood.

    The score of a gamma–Poisson count is summed over the region's periods for each of `SHAPES`, and its root interpolated. Like that of the
    mean it holds whatever ended the sales; the variance of in-stock periods would be too small, since they are those that did not sell out.
    """
    seen = rows.filter(pl.col("seen") > 0)
    mean = pl.col("expected") * pl.col("seen")
    values = seen.select(mean=mean, sold=pl.min_horizontal("sold", _far(mean)))
    found, sold = values["mean"].to_numpy(), values["sold"].to_numpy()
    scores = {
        f"{shape}": shape * (digamma(shape + sold) - digamma(shape) - np.log1p(found / shape) + (found - sold) / (shape + found))
        for shape in SHAPES
    }
    sums = (
        seen.select("date", *(fixed(pl.lit(pl.Series(values))).alias(name) for name, values in scores.items()))
        .group_by("date")
        .agg(pl.exclude("date").sum())
    )
    dates = rows.select("date").unique().sort("date").join(sums, on="date", how="left", maintain_order="left")
    before = dates.select(pl.exclude("date").fill_null(0).cum_sum().shift().fill_null(0)).to_numpy() / POINT
    logs = np.log(SHAPES)
    slope = before + SHAPE_WEIGHT * (np.log(SHAPE) - logs)
    # the last of the shapes at which the likelihood still rises; at either end of them, that end
    rising = np.clip((slope > 0).cumprod(axis=1).sum(axis=1) - 1, 0, len(SHAPES) - 2)
    row = np.arange(len(slope))
    here, there = slope[row, rising], slope[row, rising + 1]
    part = np.clip(here / np.where(here == there, 1, here - there), 0, 1)
    return dates.select("date", value=pl.Series(np.exp(logs[rising] + part * (logs[rising + 1] - logs[rising]))))


def _far(mean: pl.Expr) -> pl.Expr:
    """Return the units from which a period is an exception."""
    return mean + FAR * (mean + mean * mean / SHAPE).sqrt() + 1


def _joined(rows: pl.DataFrame, table: pl.DataFrame, *keys: str) -> pl.Series:
    """Return the column `value` of a table for each row."""
    on = list(keys) or ["date"]
    return rows.select(on).join(table, on=on, how="left", maintain_order="left")["value"]
