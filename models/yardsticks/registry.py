"""The simple rules by name, in the order of rising sophistication."""

from collections.abc import Callable

from models.yardsticks.history import Floats, History
from models.yardsticks.means import half_weekday_half_recent, moving_average, seasonal_naive, weekday_mean
from models.yardsticks.month_season import month_weekday_level
from models.yardsticks.one_by_one import statsmodels_smoothing, statsmodels_theta
from models.yardsticks.smoothing import croston_sba, smoothing_pooled_season

Method = Callable[[History, int], Floats]
"""From a history and a horizon to mean demand, shape (series, horizon), units: never below 0, never nan. Where a method cannot say,
the mean of the last 28 days or 13 weeks stands in, else that of all history, else 0."""

METHODS: dict[str, Method] = {
    "seasonal_naive": seasonal_naive,
    "moving_average": moving_average,
    "weekday_mean": weekday_mean,
    "half_weekday_half_recent": half_weekday_half_recent,
    "smoothing_pooled_season": smoothing_pooled_season,
    "month_weekday_level": month_weekday_level,
    "croston_sba": croston_sba,
    "statsmodels_smoothing": statsmodels_smoothing,
    "statsmodels_theta": statsmodels_theta,
}

ONE_BY_ONE = frozenset({"statsmodels_smoothing", "statsmodels_theta"})
"""Methods that take milliseconds a series: give them the rows of `one_by_one.sample_rows`."""
