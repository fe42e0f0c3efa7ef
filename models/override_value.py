"""What planners' decisions were worth: the order they made against the one recommended, both on the demand that then came."""

from dataclasses import dataclass

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.ordering.own_window import own_window
from models.ordering.stock_roll import roll_stock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STATES = ("judged", "waiting", "costs_unknown", "stock_unknown", "run_removed")
"""waiting: the order's own window is not over; run_removed: the run, or the terms it decided on, are not there any more."""
MONEY = 2


class OverrideValue(dy.Schema):
    """What each decision of a planner came to, against the untouched recommendation; money is that of the order's window so far."""

    run_id = dy.String(primary_key=True, description="run that recommended")
    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    as_of = dy.Date(description="last complete day that the run knew")
    author = dy.String(description="who decided")
    reason = dy.String(description="why")
    recommended_units = dy.Float64(min=0, description="what the run recommended")
    approved_units = dy.Float64(min=0, description="what was ordered instead")
    state = dy.String(
        regex=f"^({'|'.join(STATES)})$",
        description="whether it could be judged; waiting until the order's own window is over, run_removed where the run's terms are gone",
    )
    window_begins = dy.Date(nullable=True, description="first day on sale of the order")
    window_ends = dy.Date(nullable=True, description="day before the next order could arrive; the decision is judged from then on")
    demand = dy.Float64(nullable=True, min=0, description="demand from the order date to the end of the window, units")
    demand_estimated = dy.Float64(nullable=True, min=0, description="part of it that was not seen because stock was short, units")
    cost_approved = dy.Float64(nullable=True, min=0, description="shortage and holding cost of what was ordered, money")
    cost_recommended = dy.Float64(nullable=True, min=0, description="what the untouched recommendation would have cost, money")
    saved = dy.Float64(nullable=True, description="cost_recommended − cost_approved: money that the decision saved, negative where it cost")
    later_windows = dy.Int64(
        nullable=True, min=0, description="reviews after the order up to which units ordered in excess were followed and charged"
    )


@dataclass(frozen=True)
class Situation:
    """What decisions met, shape (rows,) unless said otherwise; a row per decision, periods counted from its order date.

    opening: stock before period 0, negative for units owed; arrivals: units of earlier orders per period, shape (rows, periods);
    demand: units, shape (rows, periods); lead, review: periods; holding, shortage: money per unit (and period).
    """

    opening: Floats
    arrivals: Floats
    demand: Floats
    lead: Ints
    review: Ints
    holding: Floats
    shortage: Floats


def window_cost(situation: Situation, order: Floats, *, lost: bool) -> tuple[Floats, Floats]:
    """Return the cost of an order in its own window, money, and the demand of the window not met, units; shape (rows,).

    Charged as orders are chosen (`OwnWindow`, here on the one path that came): shortage on the unmet demand of the periods
    lead … lead + review − 1, holding on what is left at the end of each of them.

    Parameters
    ----------
    order
        Units, arriving at the start of period lead.
    lost
        Whether unmet demand is lost; otherwise it waits.
    """
    cost, unmet = np.zeros(len(order)), np.zeros(len(order))
    for review in np.unique(situation.review):
        rows = np.flatnonzero(situation.review == review)
        came = situation.demand[rows].astype(np.float32)[:, None, :]
        roll = roll_stock(came, situation.opening[rows], situation.arrivals[rows], lost=lost)
        window = own_window(roll, situation.lead[rows][:, None], int(review), situation.shortage[rows], situation.holding[rows])
        unmet[rows] = np.maximum(window.short[:, 0] - order[rows], 0)
        left = np.maximum(order[rows] - window.sold[:, :, 0], 0).sum(axis=0)
        cost[rows] = window.shortage * unmet[rows] + window.holding * left
    return cost, unmet


def later_excess(more: Floats, raw: Floats, *, in_fact: NDArray[np.bool_]) -> tuple[Floats, Ints]:
    """Return the units in excess at each later review, and at how many reviews they could be followed.

    A unit ordered beyond the smaller of two orders is in excess at a review while the position without it lies above the
    order-up-to level: until then the next order would not have brought it (Veinott 1965; docs/methods.md, the order).

    Parameters
    ----------
    more
        Units by which the position after the larger order exceeds that after the smaller, shape (rows,).
    raw
        What each later review lacked to its order-up-to level, negative above it, shape (rows, reviews); nan where not known, from
        where on nothing is followed.
    in_fact
        Whether the larger order is the one that was placed, so that `raw` was seen with those units, shape (rows,).

    Returns
    -------
    Units, shape (rows, reviews), and reviews, shape (rows,).
    """
    known = np.logical_and.accumulate(np.isfinite(raw), axis=1)
    above = -raw + np.where(in_fact, 0.0, more)[:, None]
    excess = np.where(known, np.clip(np.nan_to_num(above), 0, more[:, None]), 0.0)
    return np.minimum.accumulate(excess, axis=1), known.sum(axis=1)


def judge(decisions: pl.DataFrame, situation: Situation, estimated: Floats, raw: Floats, *, lost: bool) -> pl.DataFrame:
    """Return demand, demand_estimated, cost_approved, cost_recommended, saved and later_windows of decisions whose window is over.

    Parameters
    ----------
    decisions
        Columns approved_units and recommended_units, a row per row of `situation`.
    situation
        What the orders met.
    estimated
        The part of the demand that was not seen, shape (rows, periods).
    raw
        As for `later_excess`; only reviews whose own window is over.
    """
    approved, recommended = (decisions[name].to_numpy() for name in ("approved_units", "recommended_units"))
    cost_approved, unmet_approved = window_cost(situation, approved, lost=lost)
    cost_recommended, unmet_recommended = window_cost(situation, recommended, lost=lost)
    # what the larger order sold and the smaller one lost is no longer between them
    sold_more = np.abs(unmet_approved - unmet_recommended) if lost else 0.0
    larger = approved > recommended
    excess, followed = later_excess(np.maximum(np.abs(approved - recommended) - sold_more, 0), raw, in_fact=larger)
    held = situation.holding * situation.review * excess.sum(axis=1)
    cost_approved = np.round(cost_approved + np.where(larger, held, 0), MONEY)
    cost_recommended = np.round(cost_recommended + np.where(larger, 0, held), MONEY)
    inside = np.arange(situation.demand.shape[1]) < (situation.lead + situation.review)[:, None]
    return pl.DataFrame(
        {
            "demand": np.where(inside, situation.demand, 0).sum(axis=1).round(3),
            "demand_estimated": np.where(inside, estimated, 0).sum(axis=1).round(3),
            "cost_approved": cost_approved,
            "cost_recommended": cost_recommended,
            "saved": np.round(cost_recommended - cost_approved, MONEY),
            "later_windows": followed.astype(np.int64),
        }
    )


def by_author_and_reason(values: pl.DataFrame) -> pl.DataFrame:
    """Return OverrideValue added up: author, reason, decisions, judged, waiting, not_judged, cost_approved, cost_recommended, saved.

    Costs are of the judged ones alone, null where there are none. What saved most comes first, what is not judged yet last.
    """
    judged = pl.col("state") == "judged"
    # whole cents: the sum does not depend on the order of rows
    sums = [
        pl.when(judged.any()).then(((pl.col(name) * 100).round().cast(pl.Int64)).filter(judged).sum() / 100).alias(name)
        for name in ("cost_approved", "cost_recommended", "saved")
    ]
    return (
        values.group_by("author", "reason")
        .agg(
            pl.len().cast(pl.Int64).alias("decisions"),
            judged.sum().cast(pl.Int64).alias("judged"),
            (pl.col("state") == "waiting").sum().cast(pl.Int64).alias("waiting"),
            (~pl.col("state").is_in(["judged", "waiting"])).sum().cast(pl.Int64).alias("not_judged"),
            *sums,
        )
        .sort("saved", "author", "reason", descending=[True, False, False], nulls_last=True)
    )
