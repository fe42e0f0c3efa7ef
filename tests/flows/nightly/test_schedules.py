"""The registry of schedules: each fits its flow, none meets another, and a server gets what the registry says."""

import asyncio
import inspect
import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.conductor import Request, conduct
from flows.schedules import NIGHTLY, SCHEDULES, schedules_of
from flows.serve import deployment, night_is_due, scheduled_flow
from flows.settings import ConfigError
from flows.time_zone import local_time_zone, zone_of

MONDAY = datetime(2024, 6, 3, tzinfo=UTC)


def times(cron: str, days: int = 28) -> list[datetime]:
    from prefect.server.schemas.schedules import CronSchedule

    schedule = CronSchedule(cron=cron, timezone="UTC")
    return list(asyncio.run(schedule.get_dates(n=1000, start=MONDAY, end=MONDAY + timedelta(days=days))))


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: schedule.name)
def test_every_schedule_fits_its_flow(schedule, company, server_url) -> None:
    flow = scheduled_flow(schedule)
    given = {"config": "configs/demo.toml", **schedule.parameters}
    inspect.signature(flow.fn).bind(**given)
    assert flow.validate_parameters(given).items() >= given.items()
    json.dumps(given)
    assert times(schedule.cron(company.settings()), days=62)


def test_the_names_are_unique() -> None:
    assert len({schedule.name for schedule in SCHEDULES}) == len(SCHEDULES)


@pytest.mark.parametrize(("frequency", "every"), [("day", timedelta(days=1)), ("week", timedelta(days=7))])
def test_every_period_has_one_night(frequency, every, company, server_url) -> None:
    settings = company.settings(f'frequency="{frequency}"', 'schedule.at="23:15"')
    nights = [schedule for schedule in schedules_of(settings) if schedule.flow == NIGHTLY]
    planned = sorted(moment for schedule in nights for moment in times(schedule.cron(settings)))
    assert {(moment.hour, moment.minute) for moment in planned} == {(23, 15)}
    assert len(planned) >= 4
    assert {(later - earlier).total_seconds() for earlier, later in itertools.pairwise(planned)} == {every.total_seconds()}


def test_a_config_gets_the_schedules_of_its_frequency(company) -> None:
    assert [schedule.name for schedule in schedules_of(company.settings())] == ["nightly", "training", "backtest"]
    assert [schedule.name for schedule in schedules_of(company.settings('frequency="week"'))] == ["weekly", "backtest"]


def test_a_deployment_runs_from_any_folder_and_never_overlaps_itself(company, server_url, monkeypatch) -> None:
    monkeypatch.chdir(company.folder)
    schedule = SCHEDULES[1]
    made = deployment(Path("company.toml"), company.settings("name='a/b & c'"), schedule)
    assert made.name == "a-b - c-training"
    assert made.parameters == {"config": str(company.config), "train": True, "catch_up": True, "wait": True}
    assert made.entrypoint == "flows.nightly_flow.nightly"
    assert made.concurrency_limit == 1
    assert made.concurrency_options.collision_strategy == "CANCEL_NEW"
    assert (made.schedules[0].schedule.cron, made.schedules[0].schedule.timezone) == ("30 2 * * sun", local_time_zone())
    elsewhere = deployment(Path("company.toml"), company.settings('schedule.time_zone="Asia/Shanghai"'), schedule)
    assert elsewhere.schedules[0].schedule.timezone == "Asia/Shanghai"


def test_no_night_is_lost_or_doubled_where_clocks_change(server_url) -> None:
    """At half past two, which in Berlin one night of the year does not have, and another has twice."""
    from prefect.server.schemas.schedules import CronSchedule

    schedule = CronSchedule(cron="30 2 * * *", timezone="Europe/Berlin")
    for first in (datetime(2025, 3, 28, tzinfo=UTC), datetime(2025, 10, 24, tzinfo=UTC)):
        found = asyncio.run(schedule.get_dates(n=1000, start=first, end=first + timedelta(days=5)))
        assert len({moment.date() for moment in found}) == len(found) == 5


def test_a_night_is_due_from_its_time_until_it_is_published(company) -> None:
    settings = company.settings('schedule.time_zone="UTC"', 'schedule.at="00:00"')
    assert not night_is_due(settings, datetime.now(UTC)), "of a new config nothing is due before its first night"
    conduct(settings, Request())
    assert not night_is_due(settings, datetime.now(UTC))
    assert night_is_due(settings, datetime.now(UTC) + timedelta(days=2))


@pytest.mark.parametrize(
    ("key", "value"), [("time_zone", "Mars/Base"), ("until", "04:30:00+02:00"), ("wait_for", "['plans']"), ("at", "25:00")]
)
def test_a_schedule_that_cannot_be_kept_is_refused(company, key, value) -> None:
    with pytest.raises(ConfigError, match=rf"schedule\.{key}"):
        company.settings(f"schedule.{key}={value}")


def test_the_zone_of_a_config_goes_before_the_machines(company, monkeypatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert zone_of(company.settings()) == "Asia/Tokyo"
    assert zone_of(company.settings("schedule.time_zone='America/Lima'")) == "America/Lima"


def test_serving_without_a_server_says_how_to_start_one(company, no_server, capsys) -> None:
    from flows.cli.main import call

    assert call(["serve", str(company.config)]) == 1
    assert "prefect server start" in capsys.readouterr().err


def test_the_time_zone_is_the_machines(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("TZ", raising=False)
    link = tmp_path / "localtime"
    assert local_time_zone(link) == "UTC"
    link.symlink_to("/usr/share/zoneinfo/America/Argentina/Ushuaia")
    assert local_time_zone(link) == "America/Argentina/Ushuaia"
    link.unlink()
    link.symlink_to("/usr/share/zoneinfo/Asia/Shanghai")
    assert local_time_zone(link) == "Asia/Shanghai"
    monkeypatch.setenv("TZ", ":Europe/Berlin")
    assert local_time_zone(link) == "Europe/Berlin"
    monkeypatch.setenv("TZ", "nowhere")
    assert local_time_zone(link) == "Asia/Shanghai"
