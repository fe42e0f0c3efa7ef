"""Classes by which errors are told apart."""

import numpy as np
import pytest

from models.evaluation.classes import age_bands, intermittency, kinds_of_day


@pytest.mark.parametrize(
    ("demand", "expected"),
    [
        ([5, 6, 5, 6, 5, 6], "smooth"),
        ([1, 1, 30, 1, 1, 30], "erratic"),
        ([0, 5, 0, 0, 5, 0], "intermittent"),
        ([0, 1, 0, 0, 40, 0, 1], "lumpy"),
        ([0, 0, 0], "never sold"),
        ([np.nan, np.nan, 4], "smooth"),
        ([np.nan, np.nan, np.nan], "never sold"),
    ],
)
def test_series_fall_into_the_four_textbook_classes(demand, expected):
    assert intermittency(np.array([demand], dtype=float)).tolist() == [expected]


def test_unknown_days_are_not_days_without_demand():
    out_of_stock_half_the_time = np.array([[5, np.nan, 5, np.nan, 5, np.nan]])
    assert intermittency(out_of_stock_half_the_time).tolist() == ["smooth"]


def test_age_bands_begin_where_they_say():
    assert age_bands(np.array([1, 27, 28, 84, 363, 364]), "day").tolist() == [
        "under 4 weeks", "under 4 weeks", "4 to 12 weeks", "12 to 52 weeks", "12 to 52 weeks", "over a year",
    ]  # fmt: skip
    assert age_bands(np.array([12, 13, 52]), "week").tolist() == ["under 13 weeks", "13 to 52 weeks", "over a year"]


def test_a_promoted_event_day_counts_as_promoted_and_the_days_after_as_post_event():
    promoted = np.array([[True, False, False, False]])
    since = np.array([[0.0, 0.0, 2.0, np.nan]])
    assert kinds_of_day(promoted, np.full((1, 4), np.nan), since).tolist() == [["promoted", "event", "post-event", "normal"]]
