"""When a night counts as late, and who is told."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.lock import lake_lock
from flows.notified import tell_if_late
from flows.notify.late import lateness
from flows.settings import ConfigError

ZONE = ZoneInfo("Europe/Berlin")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 6, day, hour, minute, tzinfo=ZONE)


SIX = time(6)


@pytest.mark.parametrize(
    ("now", "frequency", "published", "due", "in_time"),
    [
        (at(12, 6, 5), "day", [at(12, 3)], at(12, 6), True),
        (at(12, 6, 5), "day", [at(11, 3)], at(12, 6), False),
        # Yesterday's night, itself late, is not tonight's.
        (at(12, 6, 5), "day", [at(11, 9)], at(12, 6), False),
        # A night of the evening before is.
        (at(12, 6, 5), "day", [at(11, 22)], at(12, 6), True),
        # Before it is due, yesterday's is looked at.
        (at(12, 5), "day", [at(11, 3)], at(11, 6), True),
        (at(12, 5), "day", [], at(11, 6), False),
        # Published after it was due: no longer late.
        (at(12, 8), "day", [at(12, 7)], at(12, 6), True),
        # 10 June is a Monday.
        (at(12, 8), "week", [at(10, 3)], at(10, 6), True),
        (at(12, 8), "week", [at(9, 3)], at(10, 6), False),
        (at(10, 5), "week", [at(3, 3)], at(3, 6), True),
    ],
)
def test_a_night_is_late_from_its_time_until_it_is_published(now, frequency, published, due, in_time):
    found = lateness(now, SIX, frequency, published)
    assert found.due == due
    assert (found.published is not None) == in_time


@given(
    now=st.integers(0, 527_000).map(lambda minutes: at(1, 0) + timedelta(minutes=minutes)),
    late_after=st.times(),
    frequency=st.sampled_from(["day", "week"]),
)
def test_what_is_due_lies_at_its_time_within_the_last_day_or_week(now, late_after, frequency):
    due = lateness(now, late_after, frequency, []).due
    assert due.timetz().replace(tzinfo=None) == late_after
    assert timedelta(0) <= now.replace(tzinfo=None) - due.replace(tzinfo=None) < timedelta(days=1 if frequency == "day" else 7)
    assert frequency == "day" or due.weekday() == 0


def test_people_are_told_that_a_night_is_late_and_what_there_is(ran, web_server, monkeypatch, capsys):
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", web_server.url())
    monkeypatch.chdir(ran.root)
    settings = ran.settings('notify.late_after="06:00"')
    tomorrow = datetime.now(ZONE) + timedelta(days=2)
    found, sent = tell_if_late(settings, tomorrow.replace(hour=7))
    assert found.published is None
    assert [one.problem for one in sent] == [None]
    told = web_server.taken[0]
    assert told["title"] == "shop: the night is late"
    assert "due at 06:00" in told["message"]
    assert ran.latest().run_id in told["message"]
    assert "No run is under way" in told["message"]
    with lake_lock(ran.lake):
        tell_if_late(settings, tomorrow.replace(hour=7))
    assert "A run is under way: process" in web_server.taken[1]["message"]
    with pytest.raises(ConfigError, match=r"notify\.late_after"):
        tell_if_late(ran.settings(), tomorrow)


def test_the_command_exits_with_1_where_a_night_is_late(ran, web_server, fillrate, capsys):
    """Due at midnight and published a moment ago is in time; a lake that has published nothing is late."""
    config = ran.config.read_text() + '\n[notify]\nlate_after = "00:00"\n'
    ran.config.write_text(config)
    ended = fillrate(ran, "late", "config.toml", FILLRATE_NOTIFY_URLS=web_server.url())
    assert (ended.code, web_server.taken) == (0, [])
    assert ended.out.startswith("In time: ")
    ran.config.write_text(config.replace('path = "out"', 'path = "elsewhere"'))
    ended = fillrate(ran, "late", "config.toml", FILLRATE_NOTIFY_URLS=web_server.url())
    assert ended.code == 1
    assert "has not been published" in ended.out
    assert "No night of this config has been published yet." in web_server.taken[0]["message"]
    silent = fillrate(ran, "late", "config.toml")
    assert (silent.code, len(web_server.taken)) == (1, 1)
    assert "names no address" in silent.out
