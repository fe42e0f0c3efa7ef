"""Missed nights: days that no published run knew, though their sales are there."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from data.published import RunPaths, read_manifest, runs
from flows.settings import Settings
from flows.stages.plan import last_known_day


def published_nights(settings: Settings) -> list[RunPaths]:
    """Return every nightly run of this config."""
    kinds = ((run, read_manifest(run)) for run in runs(settings.output.path))
    return [run for run, manifest in kinds if manifest.get("kind") == "nightly" and manifest.get("name") == settings.name]


def missed_nights(daily: pl.DataFrame, settings: Settings, published: Iterable[date]) -> list[date]:
    """Return the last known days of the nights that were not run between the newest published one and tonight, oldest first.

    They are the days that the nights would have chosen, had each run on the morning after: a day without sales, or only half delivered,
    has none of its own. Where nothing has been published yet nothing was missed.

    Parameters
    ----------
    daily
        Totals of sales per day, as `Lake.daily_totals` gives them; at least one row.
    settings
        Of the config.
    published
        Last known days of its published nights.
    """
    newest = max(published, default=None)
    if newest is None:
        return []
    tonight, _ = last_known_day(daily, settings, None)
    candidates = daily.filter(pl.col("date").is_between(newest, tonight, closed="both"))["date"].sort().to_list()
    known = {last_known_day(daily.filter(pl.col("date") <= day), settings, None)[0] for day in candidates}
    return sorted(day for day in known if newest < day < tonight)
