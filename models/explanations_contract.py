"""Contract of the explanations of a run: what level, season, price, events, drivers and stock-outs make of each forecast."""

import dataframely as dy
import polars as pl

from models.contributions import GROUPS

TOLERANCE = 1e-6
"""By how much the parts may miss the mean, relative to the largest of them all."""


class Explanations(dy.Schema):
    """What the mean forecast of each sku × fc is made of, in units per period over the horizon; the parts add up to it.

    Parts are told along the paths of the trees (`models.contributions`): they depend on the order in which the trees ask, and tell
    what the forecast looked at, not what causes demand.
    """

    run_id = dy.String(description="run that published the row")
    region = dy.String(description="group of fcs that share a forecaster")
    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    mean = dy.Float64(min=0, description="mean forecast demand over the horizon, units per period")
    level = dy.Float64(description="units of it that recent demand makes, of the item and of what is sold beside it")
    season = dy.Float64(description="units that weekday, time of the year and distance from the last known period add or take away")
    price_promotion = dy.Float64(description="units that price, promotion and advertising add or take away")
    events = dy.Float64(description="units that holidays and other events add or take away")
    drivers = dy.Float64(description="units that outside series such as weather add or take away")
    stockouts = dy.Float64(description="units that recent stock-outs add or take away")

    @dy.rule()
    def parts_add_up_to_the_mean(cls) -> pl.Expr:
        """The six parts miss the mean by at most TOLERANCE of the largest number of the row."""
        missed = (pl.sum_horizontal(GROUPS, ignore_nulls=False) - pl.col("mean")).abs()
        largest = pl.max_horizontal("mean", *(pl.col(group).abs() for group in GROUPS))
        return (missed <= TOLERANCE * largest).fill_null(False)
