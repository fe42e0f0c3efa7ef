"""The registry of schedules: each fits its flow, none meets another, and a server gets what the registry says."""

import asyncio
import inspect
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest

from flows.schedules import SCHEDULES
from flows.serve import deployment, scheduled_flow, schedules_of
from flows.time_zone import local_time_zone

MONDAY = datetime(2024, 6, 3, tzinfo=UTC)


def times(cron: str, days: int = 28) -> list[datetime]:
    from prefect.server.schemas.schedules import CronSchedule

    schedule = CronSchedule(cron=cron, timezone="UTC")
    return list(asyncio.run(schedule.get_dates(n=1000, start=MONDAY, end=MONDAY + timedelta(days=days))))


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: schedule.name)
def test_every_schedule_fits_its_flow(schedule, server_url) -> None:
    flow = scheduled_flow(schedule)
    given = {"config": "configs/demo.toml", **schedule.parameters}
    inspect.signature(flow.fn).bind(**given)
    assert flow.validate_parameters(given).items() >= given.items()
    json.dumps(given)
    assert schedule.time_zone is None or schedule.time_zone in available_timezones()
    assert times(schedule.cron)


def test_the_names_are_unique() -> None:
    assert len({schedule.name for schedule in SCHEDULES}) == len(SCHEDULES)


@pytest.mark.parametrize(("frequency", "every"), [("day", timedelta(days=1)), ("week", timedelta(days=7))])
def test_every_period_has_one_run(frequency, every, server_url) -> None:
    planned = sorted(moment for schedule in SCHEDULES if schedule.frequency == frequency for moment in times(schedule.cron))
    assert len(planned) >= 4
    assert {(later - earlier).total_seconds() for earlier, later in itertools.pairwise(planned)} == {every.total_seconds()}


def test_a_config_gets_the_schedules_of_its_frequency(company) -> None:
    assert [schedule.name for schedule in schedules_of(company.settings())] == ["nightly", "training"]
    assert [schedule.name for schedule in schedules_of(company.settings('frequency="week"'))] == ["weekly"]


def test_a_deployment_runs_from_any_folder_and_never_overlaps_itself(company, server_url, monkeypatch) -> None:
    monkeypatch.chdir(company.folder)
    schedule = SCHEDULES[1]
    made = deployment(Path("company.toml"), company.settings("name='a/b & c'"), schedule)
    assert made.name == "a-b - c-training"
    assert made.parameters == {"config": str(company.config), "train": True}
    assert made.entrypoint == "flows.nightly_flow.nightly"
    assert made.concurrency_limit == 1
    assert made.concurrency_options.collision_strategy == "CANCEL_NEW"
    assert (made.schedules[0].schedule.cron, made.schedules[0].schedule.timezone) == (schedule.cron, local_time_zone())


@pytest.mark.slow
def test_a_served_night_is_run_and_published(company, api) -> None:
    command = [str(Path(sys.executable).with_name("fillrate")), "serve", str(company.config)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {"PREFECT_API_URL": api.url, "PREFECT_RUNNER_POLL_FREQUENCY": "1", "HOME": str(company.folder)}
    told: dict[str, Any] = {"cwd": company.folder, "env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, text=True, **told) as served:
        try:
            found = until(lambda: api.ask("/deployments/filter", {"deployments": {"name": {"any_": ["company-nightly"]}}}))
            flow_run = api.ask(f"/deployments/{found[0]['id']}/create_flow_run", {"parameters": {"config": str(company.config)}})
            final = {"COMPLETED", "FAILED", "CRASHED"}
            ended = until(lambda: (run := api.ask(f"/flow_runs/{flow_run['id']}"))["state_type"] in final and run)
            assert ended["state_type"] == "COMPLETED"
            assert (company.folder / "out" / "latest" / "manifest.json").is_file()
        finally:
            served.send_signal(signal.SIGTERM)
            printed, _ = served.communicate(timeout=30)
    assert "nightly: 30 2 * * mon-sat" in printed
    assert api.ask(f"/deployments/{found[0]['id']}")["paused"]


def until(look, seconds: float = 60):
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.2)
    assert found
    return found


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
