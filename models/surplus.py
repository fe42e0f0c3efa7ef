"""Surplus: stock beyond any likely need, how likely it is not needed, when it will have sold, and what holding it costs."""

from dataclasses import replace

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.ordering.calendar import Calendar
from models.ordering.decide import BLOCK_BYTES, Series, extended
from models.ordering.later_windows import YEAR_DAYS
from models.ordering.paths import DemandPaths
from models.path_quantiles import ranks_of
from models.recommending.basis import Basis
from models.selling_out import lasting_factor, later_unit_periods, sampled_unit_periods, sold_out_in

Floats = NDArray[np.float64]

LIKELY = 0.90
"""Quantile of demand up to which stock is likely to be needed."""

LEAST_UNITS = 1.0
"""Smallest surplus told: a unit is the least that anybody can hold too much of."""

NOISE = 2e-6
"""Relative size of single-precision noise in sums over a path."""

DATES = {"sold_out_p10": 0.1, "sold_out_p50": 0.5, "sold_out_p90": 0.9}


class Surplus(dy.Schema):
    """One row per sku × fc that holds more than is likely to be needed. Units of the item, money in the fc's currency."""

    region = dy.String(description="region")
    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    held = dy.Float64(min=0, description="on hand + becoming sellable − backordered + on the way")
    on_the_way = dy.Float64(min=0, description="units of the surplus that have not arrived yet")
    surplus = dy.Float64(min=0, description="units above the demand that 90% of paths stay within until needed_until")
    needed_until = dy.Date(description="last day that counts as need: the overstock limit, or the protection interval where longer")
    left_probability = dy.Float64(min=0, max=1, description="chance that some of what is held is left after that day")
    sold_out_p10 = dy.Date(nullable=True, description="day by which all is sold with probability 0.1; null beyond a year")
    sold_out_p50 = dy.Date(nullable=True, description="the same with probability 0.5")
    sold_out_p90 = dy.Date(nullable=True, description="the same with probability 0.9")
    interval_days = dy.Int64(min=1, description="days of the protection interval: until the next order could arrive")
    interval_cost = dy.Float64(nullable=True, min=0, description="expected cost of holding the surplus over the protection interval")
    cost_until_sold = dy.Float64(nullable=True, min=0, description="expected cost of holding the surplus until it is sold, a year at most")
    bound_value = dy.Float64(nullable=True, min=0, description="surplus at unit cost")
    on_sale_until = dy.Date(nullable=True, description="last day on sale, where one is known")
    last_sold = dy.Date(nullable=True, description="last period with a sale; null where none is known")
    idle_days = dy.Int64(min=0, description="days in stock since then without a sale")


def surplus(
    basis: Basis, paths: DemandPaths, *, horizon: int, overstock_days: float, idle: pl.DataFrame, items: pl.DataFrame
) -> dy.DataFrame[Surplus]:
    """Return the rows that hold more than is likely to be needed, in the order of `basis`.

    Need is the LIKELY quantile of demand within `overstock_days`, or within the protection interval where that is longer. The surplus
    is what is held beyond it; the last units sold are the surplus. Each of its units costs its holding cost in every period until it is
    sold, over a year at most, from its arrival where it is on its way. The cost over the protection interval, the span over which lost
    margin is told too, counts units on their way as if they were there: that it is not too late for them makes them no lesser problem.

    Demand beyond the horizon: what paths say of it, which are made of blocks that know nothing of each other, times
    1 + LASTING × the path's surprise over the horizon; after the periods sampled the mean of the last season goes on at that factor, up
    to the item's last day on sale.

    Parameters
    ----------
    basis
        What the recommendations were made from; row i is row i of `paths`.
    horizon
        Periods forecast, which is the length of the paths' blocks.
    idle
        By `data.idle.idle_series`.
    items
        Gives the last day on sale.
    """
    # What is held counts lines that may be late or lost as well: `held` of a row is what its position says.
    calendar, series = basis.calendar, replace(basis.series, inbound=basis.inbound)
    rows = (
        basis.rows.with_row_index("place")
        .join(items.select("sku", on_sale_until="discontinued_date"), on="sku", how="left", maintain_order="left")
        .with_columns(pl.Series("held", series.start) + pl.col("inbound_units"))
    )
    interval = (rows["lead"] + rows["review"]).to_numpy()
    need_periods = np.maximum(int(np.ceil(overstock_days / calendar.days - 1e-9)), interval)
    mean = extended(series.mean, horizon, calendar).sum(axis=1)
    # Where mean demand is twice what is held, its p90 is above it too unless hardly anybody ever buys: not worth the sampling.
    worth_a_look = (rows["held"].to_numpy() >= LEAST_UNITS) & (rows["held"].to_numpy() > mean / horizon * need_periods / 2)
    looked = np.flatnonzero(worth_a_look & rows["on_hand"].is_not_null().to_numpy())
    selling = _selling_periods(rows["on_sale_until"], calendar)
    found: list[pl.DataFrame] = []
    for periods in np.unique(need_periods[looked]):
        chosen = looked[need_periods[looked] == periods]
        size = max(1, BLOCK_BYTES // (4 * _path_count(paths) * max(int(periods), horizon)))
        for begin in range(0, len(chosen), size):
            block = chosen[begin : begin + size]
            found.append(_of_block(series, paths, block, int(periods), horizon, interval[block], selling[block], calendar))
    measured = pl.concat(found) if found else _of_block(series, paths, looked[:0], 1, horizon, interval[:0], selling[:0], calendar)
    joined = rows.join(measured, on="place", how="inner", maintain_order="left").join(
        idle, on=["fc", "sku"], how="left", maintain_order="left"
    )
    first = pl.lit(calendar.order_date)
    return Surplus.validate(
        joined.select(
            *("region", "fc", "sku"),
            pl.col("held").round(3),
            pl.min_horizontal("surplus", "inbound_units").round(3).alias("on_the_way"),
            pl.col("surplus").round(3),
            (first + pl.duration(days=pl.col("need_periods") * calendar.days - 1)).alias("needed_until"),
            pl.col("left_probability").round(4),
            *((first + pl.duration(days=pl.col(name) * calendar.days)).alias(name) for name in DATES),
            (pl.col("interval") * calendar.days).alias("interval_days"),
            (pl.col("interval_unit_periods") * pl.col("holding_cost")).round(2).alias("interval_cost"),
            (pl.col("unit_periods") * pl.col("holding_cost")).round(2).alias("cost_until_sold"),
            (pl.col("surplus") * pl.col("unit_cost")).round(2).alias("bound_value"),
            "on_sale_until",
            "last_sold",
            (pl.col("idle_periods").fill_null(0) * calendar.days).alias("idle_days"),
        ),
        cast=True,
    )


def _of_block(
    series: Series,
    paths: DemandPaths,
    places: NDArray[np.intp],
    need_periods: int,
    horizon: int,
    interval: NDArray[np.int64],
    selling: Floats,
    calendar: Calendar,
) -> pl.DataFrame:
    """Return what was measured of the rows with a surplus: place, need and interval in periods, surplus, chance, unit-periods, sell-outs.

    Parameters
    ----------
    places
        Rows of `series` and `paths`.
    interval, selling
        Periods of the protection interval and periods on sale, shape (places,).
    """
    periods = max(need_periods, horizon)
    held = series.start[places] + np.asarray(series.inbound[places].sum(axis=1)).reshape(-1)
    sold = paths.sample(places, periods) * series.multiplier[places].astype(np.float32)[:, None, None]
    factor = lasting_factor(sold[:, :, :horizon].sum(axis=2, dtype=np.float64), series.mean[places, :horizon].sum(axis=1))
    sold[:, :, horizon:] *= factor.astype(np.float32)[:, :, None]
    # Paths repeat their last season beyond the horizon, whether or not the item is still on sale then.
    sold *= (np.arange(periods) < selling[:, None])[:, None, :]
    np.cumsum(sold, axis=2, out=sold)
    within = sold[:, :, need_periods - 1]
    rank = int(ranks_of([LIKELY], within.shape[1])[0])
    need = np.partition(within, rank, axis=1)[:, rank].astype(np.float64)
    over = held - need
    kept = np.flatnonzero(over >= LEAST_UNITS - 1e-6)
    places, held, over, sold, factor = places[kept], held[kept], over[kept], sold[kept], factor[kept]
    interval, selling = interval[kept], selling[kept]
    rate = extended(series.mean[places], horizon, calendar)[:, -_season(calendar, horizon) :].mean(axis=1)[:, None] * factor
    there = series.start[places][:, None] + np.cumsum(series.inbound[places][:, :periods].toarray(), axis=1)
    longest = max(round(YEAR_DAYS / calendar.days) - periods, 0)
    on_sale = np.clip(selling - periods, 0, longest)[:, None]
    left = held[:, None] - sold[:, :, -1].astype(np.float64)
    within_interval, sampled = sampled_unit_periods(sold, held, over, there, interval)
    unit_periods = sampled + later_unit_periods(left, over[:, None], rate, on_sale, longest)
    out = sold_out_in(sold, held * (1 - NOISE), rate, on_sale)
    out.sort(axis=1)
    ranks = ranks_of(list(DATES.values()), out.shape[1])
    return pl.DataFrame(
        {
            "place": places.astype(np.uint32),
            "need_periods": np.full(len(places), need_periods, dtype=np.int64),
            "interval": interval,
            "surplus": over,
            "left_probability": (sold[:, :, need_periods - 1] < (held * (1 - NOISE))[:, None]).mean(axis=1),
            "interval_unit_periods": within_interval.mean(axis=1),
            "unit_periods": unit_periods.mean(axis=1),
            **{name: _whole(out[:, place]) for name, place in zip(DATES, ranks, strict=True)},
        }
    )


def _whole(periods: Floats) -> pl.Series:
    return pl.Series(np.where(np.isfinite(periods), periods, np.nan), nan_to_null=True).cast(pl.Int64)


def _selling_periods(until: pl.Series, calendar: Calendar) -> Floats:
    """Return how many periods from the order date on begin while each item is on sale, inf where no last day is known."""
    days = (until - calendar.order_date).dt.total_days().cast(pl.Float64).fill_null(np.inf).to_numpy()
    return np.asarray(np.maximum(np.floor(days / calendar.days) + 1, 0), dtype=np.float64)


def _season(calendar: Calendar, horizon: int) -> int:
    return min(7, horizon) if calendar.frequency == "day" else 1


def _path_count(paths: DemandPaths) -> int:
    return int(paths.sample(np.arange(1), 1).shape[1])
