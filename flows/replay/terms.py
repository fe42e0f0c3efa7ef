"""On which terms a replay orders: those of supply, items and config, the same for every method."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.messages import PlanMessage
from flows.past.past_night import PastNight
from models.lead_times import learned_lead_times
from models.ordering.calendar import Calendar
from models.ordering.choice import Packs
from models.replay.terms import ReplayTerms
from models.supply_terms import supply_terms

Floats = NDArray[np.float64]


def replay_terms(night: PastNight, series: pl.DataFrame, sold: Floats) -> tuple[ReplayTerms, NDArray[np.bool_], list[PlanMessage]]:
    """Return the terms of every series as of a night, which of them have costs to be judged by, and messages.

    Parameters
    ----------
    night
        The first of the replay: terms learned from receipts are those known then.
    series
        Columns region, fc, sku.
    sold
        Units sold, shape (series, periods), nan where not on sale; a series with fractions is sold by weight.
    """
    settings = night.settings.replenishment
    calendar = Calendar(night.as_of, night.settings.frequency)
    parts: list[pl.DataFrame] = []
    leads: list[NDArray[np.int64]] = []
    messages: list[PlanMessage] = []
    for region in series["region"].unique(maintain_order=True):
        here = series.filter(region=region)
        found, said = supply_terms(here, night.table("supply", region), night.table("items"), None, calendar, settings)
        learned, times = learned_lead_times(found, night.table("receipts", region), night.as_of)
        parts.append(learned)
        leads.append(times.usual_periods(learned["lead_time_days"].to_numpy(), learned["lead_time_sd"].to_numpy(), calendar.days))
        messages += said
    terms = pl.concat(parts)
    priced = (terms["holding_cost"].is_not_null() & terms["shortage_cost"].is_not_null()).to_numpy()
    if not priced.all():
        messages.append(
            PlanMessage(
                "replay_without_costs",
                f"{(~priced).sum():,} of {len(priced):,} series have no holding or no shortage cost and are not judged in money",
                table="supply",
                fix="set replenishment.holding_cost and replenishment.shortage_cost, or give items a unit_cost and a price",
            )
        )
    peak = (terms["peak_holding_cost"] - terms["holding_cost"]).fill_null(0.0).to_numpy()
    known = np.nan_to_num(sold)
    return (
        ReplayTerms(
            lead=np.concatenate(leads),
            review=calendar.periods(terms["review_days"].cast(pl.Float64).to_numpy()),
            packs=Packs(
                case=terms["case_pack"].to_numpy(),
                least=terms["moq"].to_numpy(),
                most=terms["max_units"].fill_null(np.inf).to_numpy(),
                whole=(known == np.round(known)).all(axis=1),
            ),
            holding=terms["holding_cost"].fill_null(0.0).to_numpy(),
            shortage=terms["shortage_cost"].fill_null(0.0).to_numpy(),
            peak=peak if peak.any() else None,
            line=settings.order_line_cost,
        ),
        priced,
        messages,
    )
