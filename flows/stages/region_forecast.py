"""A region's forecast, made with the models that the night has: what it rests on, then series by series."""

from features.matrix import PreparedPanel
from flows.stages.model_files import calendar_of, forecaster_of, library_of, trained_on
from flows.stages.night import Night
from flows.stages.region_panel import SPREAD, YOUNGEST
from models.forecasting import RegionForecast, forecast_series
from models.gateway import TreeGrower
from models.laid_out import LaidOut, lay_out
from models.predictive import fallback_library


def region_forecast(night: Night, region: str, prepared: PreparedPanel, growing: TreeGrower, *, explain: bool = False) -> RegionForecast:
    """Return the forecast of every active series of a region; without calibrated errors yet, with those of the fallback."""
    return series_forecast(night, region, laid_out(night, region, prepared), growing, explain=explain)


def laid_out(night: Night, region: str, prepared: PreparedPanel) -> LaidOut:
    """Return every active series of a region, laid out for the models that the night has."""
    frequency = night.settings.frequency
    trees = trained_on(night) is not None
    calendar = calendar_of(night, region) if trees else None
    return lay_out(prepared, calendar=calendar, horizon=night.settings.horizon, youngest=YOUNGEST[frequency], trees=trees)


def series_forecast(night: Night, region: str, laid: LaidOut, growing: TreeGrower, *, explain: bool = False) -> RegionForecast:
    """Return the forecast of series of a region that are laid out."""
    settings = night.settings
    return forecast_series(
        laid,
        forecaster_of(night, region),
        library_of(night) or fallback_library(settings.horizon),
        spread=SPREAD[settings.frequency],
        grower=growing,
        seed=settings.seed,
        paths=settings.forecast.paths,
        explain=explain,
    )
