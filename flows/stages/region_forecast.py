"""A region's forecast, made with the models that the night has."""

from features.matrix import PreparedPanel
from flows.stages.model_files import calendar_of, forecaster_of, library_of
from flows.stages.night import Night
from flows.stages.region_panel import SPREAD, YOUNGEST
from models.forecasting import RegionForecast, forecast_region
from models.gateway import TreeGrower
from models.predictive import fallback_library


def region_forecast(night: Night, region: str, prepared: PreparedPanel, growing: TreeGrower, *, explain: bool = False) -> RegionForecast:
    """Return the forecast of every active series of a region; without calibrated errors yet, with those of the fallback."""
    settings = night.settings
    return forecast_region(
        prepared,
        forecaster_of(night, region),
        library_of(night) or fallback_library(settings.horizon),
        calendar=calendar_of(night, region),
        horizon=settings.horizon,
        youngest=YOUNGEST[settings.frequency],
        spread=SPREAD[settings.frequency],
        grower=growing,
        seed=settings.seed,
        paths=settings.forecast.paths,
        explain=explain,
    )
