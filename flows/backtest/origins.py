"""From which days of the past a backtest forecasts again."""

from datetime import date, timedelta

import polars as pl

from data.errors import InputError
from data.storage import Place
from features.cadence import cadence_of
from flows.past.past_night import PastNight, past_night
from flows.settings import ConfigError, Settings
from flows.stages.plan import last_known_day

ORIGINS = 3
"""Origins where the config does not say how many, as far as history has room for them."""


def backtest_horizon(settings: Settings) -> int:
    """Return the periods forecast from each origin."""
    return settings.backtest.horizon or settings.horizon


def spacing(settings: Settings) -> int:
    """Return the periods between two origins."""
    return settings.backtest.every or backtest_horizon(settings)


def backtest_origins(settings: Settings, daily: pl.DataFrame) -> list[date]:
    """Return the last known day of each forecast, oldest first.

    Parameters
    ----------
    settings
        Of the config.
    daily
        Totals of sales per day, as `Lake.daily_totals` gives them.

    Raises
    ------
    InputError
        If the lake holds no sales, or too few for the origins asked for.
    ConfigError
        If `backtest.last_origin` leaves no whole horizon after it.
    """
    if daily.is_empty():
        raise InputError(f"the lake at {settings.lake.path} holds no sales yet: run `fillrate ingest CONFIG` first")
    step = cadence_of(settings.frequency).step_days
    horizon, every = backtest_horizon(settings), spacing(settings)
    known, _ = last_known_day(daily, settings, None)
    latest = known - timedelta(days=step * horizon)
    newest = settings.backtest.last_origin or latest
    if settings.backtest.last_origin:
        newest, _ = last_known_day(daily, settings, settings.backtest.last_origin)
    if newest > latest:
        raise ConfigError(
            f"backtest.last_origin is {newest}, but sales are known up to {known}: the {horizon} periods after an origin must be known "
            f"to be judged, so the last origin possible is {latest}"
        )
    first: date = daily["date"].to_list()[0]
    # At least one period must be known at the oldest.
    possible = max(0, ((newest - first).days // step - 1) // every + 1)
    count = settings.backtest.origins or min(ORIGINS, possible)
    if not possible:
        raise InputError(
            f"sales from {first} to {known} are too few to forecast {horizon} periods from: set backtest.horizon shorter"
            if newest == latest
            else f"sales begin on {first}, too late for an origin on {newest}: set backtest.last_origin later"
        )
    if count > possible:
        oldest = newest - timedelta(days=step * every * (count - 1))
        raise InputError(
            f"{count} origins {every} periods apart would begin on {oldest}, but sales begin on {first}: "
            f"set backtest.origins to {possible} or less, or backtest.every closer"
        )
    return [newest - timedelta(days=step * every * back) for back in range(count - 1, -1, -1)]


def origin_night(settings: Settings, origin: date, versions: dict[str, int], folder: Place) -> PastNight:
    """Return the night of one origin, trained on its own and with the backtest's horizon."""
    horizon, ahead = backtest_horizon(settings), settings.backtest.drivers_ahead
    return past_night(settings, origin, versions, folder, name=f"origin-{origin:%Y%m%d}", horizon=horizon, drivers_ahead=ahead)
