"""From which days a backtest forecasts again."""

from datetime import date, timedelta

import polars as pl
import pytest

from data.errors import InputError
from flows.backtest.origins import backtest_origins
from flows.settings import load_settings

FIRST = date(2024, 4, 1)


@pytest.fixture
def origins_of(tmp_path):
    """Return the origins for so many days of sales and these changes of the config."""
    config = 'name = "shop"\nfrequency = "day"\n[inputs]\npath = "in"\n[lake]\npath = "lake"\n[output]\npath = "out"\n'
    (tmp_path / "config.toml").write_text(config)

    def made(days, *changes):
        daily = pl.DataFrame({"date": [FIRST + timedelta(days=number) for number in range(days)], "rows": 9, "units": 9.0})
        found = backtest_origins(load_settings(tmp_path / "config.toml", changes), daily)
        return [(origin - FIRST).days + 1 for origin in found]

    return made


@pytest.mark.parametrize(("days", "expected"), [(100, [58, 72, 86]), (42, [14, 28]), (43, [15, 29]), (44, [2, 16, 30]), (16, [2])])
def test_without_a_number_there_are_three_or_what_history_has_room_for(origins_of, days, expected):
    assert origins_of(days, "horizon=14") == expected


def test_each_window_begins_where_the_one_before_ends_unless_told_otherwise(origins_of):
    assert origins_of(76, "backtest.horizon=7", "backtest.origins=4") == [48, 55, 62, 69]
    assert origins_of(76, "backtest.horizon=14", "backtest.every=7", "backtest.origins=3") == [48, 55, 62]


def test_a_history_without_room_is_refused_with_what_would_have(origins_of):
    with pytest.raises(InputError, match=r"too few to forecast 14 periods from: set backtest.horizon shorter"):
        origins_of(15, "horizon=14")
    with pytest.raises(InputError, match=r"set backtest.origins to 2 or less"):
        origins_of(42, "horizon=14", "backtest.origins=3")
    with pytest.raises(InputError, match=r"too late for an origin on 2024-04-01"):
        origins_of(42, "horizon=14", "backtest.last_origin=2024-04-01")
