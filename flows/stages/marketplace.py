"""What the marketplaces' own reports recommended, as the night knew it."""

from datetime import timedelta

import dataframely as dy
import polars as pl

from data.lake import Lake
from data.marketplace import KEPT_DAYS, MarketplaceAdvice, marketplace_advice
from flows.stages.night import Night

TABLE = "marketplace_recommendations"
"""Input table, and published table where there is anything to publish."""


def marketplace_of_night(night: Night, regions: list[str]) -> dy.DataFrame[MarketplaceAdvice]:
    """Return what was recommended for the fcs of `regions`; empty where no report was given."""
    since = night.as_of - timedelta(days=KEPT_DAYS)
    parts = [Lake.empty(TABLE), *(night.table(TABLE, region, since=since, until=night.as_of) for region in regions)]
    return marketplace_advice(pl.concat(parts), run_id=night.run_id, as_of=night.as_of)
