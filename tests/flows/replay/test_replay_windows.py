"""Which stretches of the past are played."""

from datetime import date, timedelta

import polars as pl
import pytest

from data.errors import InputError
from flows.replay.windows import replay_windows
from flows.settings import ConfigError, Settings


def settings(frequency="day", **replay):
    return Settings(
        name="t", frequency=frequency, inputs={"path": "in"}, lake={"path": "lake"}, output={"path": "out"}, replay=replay, horizon=7
    )


def daily(days, last=date(2024, 6, 23)):
    dates = [last - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return pl.DataFrame({"date": dates, "rows": [10] * days, "units": [100.0] * days})


def test_without_a_word_one_window_ends_with_the_sales():
    (window,) = replay_windows(settings(), daily(200), usual_lead=2)
    assert window.ends == date(2024, 6, 23)
    assert (window.periods, window.run_in, window.not_counted) == (56, 28, 2)
    assert window.start == date(2024, 4, 28)
    assert window.label == "2024-04-29"
    assert window.begins == date(2024, 4, 1)


def test_a_short_history_makes_a_short_window():
    (window,) = replay_windows(settings(), daily(76), usual_lead=2)
    assert window.ends == date(2024, 6, 23)
    assert 2 < window.periods < 56
    assert (window.begins - daily(76)["date"][0]).days >= 28


def test_windows_begin_where_the_config_says_in_order():
    found = replay_windows(settings(starts=["2024-05-01", "2024-04-01"], periods=14, not_counted=3), daily(200), usual_lead=2)
    assert [window.start for window in found] == [date(2024, 4, 1), date(2024, 5, 1)]
    assert {(window.periods, window.counted) for window in found} == {(14, 11)}


def test_weeks_begin_after_a_sunday():
    (window,) = replay_windows(settings("week", starts=["2024-02-21"], periods=8), daily(500), usual_lead=2)
    assert window.start == date(2024, 2, 18)
    assert window.as_of(3) == date(2024, 3, 10)
    assert window.begins == date(2024, 2, 19) - timedelta(weeks=16)


def test_a_window_that_ends_after_the_sales_is_refused_with_the_last_start_possible():
    with pytest.raises(ConfigError, match="the last start possible is 2024-06-09"):
        replay_windows(settings(starts=["2024-06-20"], periods=14), daily(200), usual_lead=2)


def test_too_little_history_says_what_must_lie_before():
    with pytest.raises(InputError, match="56 days must lie before the first order"):
        replay_windows(settings(), daily(40), usual_lead=2)
    with pytest.raises(InputError, match="holds no sales yet"):
        replay_windows(settings(), daily(1).head(0), usual_lead=2)


def test_a_window_of_which_nothing_counts_is_refused():
    with pytest.raises(ConfigError, match="leave nothing to judge"):
        replay_windows(settings(periods=5, not_counted=5), daily(200), usual_lead=2)
