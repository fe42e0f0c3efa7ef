"""A night as a Prefect flow: the same numbers as without Prefect, the same errors, and a server that knows what happened."""

import contextlib
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from data.errors import InputError
from data.lock import LakeLocked, lake_lock
from data.published import RunPaths, read_frame
from flows.cli.main import call
from flows.conductor import Request, UnknownRegion, conduct
from flows.nightly import run_nightly

TABLES = ("forecasts", "explanations", "recommendations", "alerts", "corrections", "plan_messages")


def numbers(run: RunPaths, table: str) -> pl.DataFrame:
    frame = read_frame(run, table)
    return frame.drop("run_id", strict=False)


def test_the_night_is_the_same_with_and_without_prefect(make_company, api) -> None:
    company, other = make_company("with"), make_company("without")
    with_prefect, direct = run_nightly(company.settings(), Request()), conduct(other.settings(), Request())
    assert with_prefect.run is not None
    assert direct.run is not None
    assert (with_prefect.as_of, with_prefect.failed, with_prefect.latest) == (direct.as_of, {}, True)
    for table in TABLES:
        assert_frame_equal(numbers(with_prefect.run, table), numbers(direct.run, table))
    assert read_frame(with_prefect.run, "recommendations").height == 20


def test_the_server_shows_the_tasks_of_the_night_and_what_it_came_to(company, api) -> None:
    outcome = run_nightly(company.settings(), Request(as_of=date(2024, 6, 23)))
    flow_run = api.newest_flow_run()
    assert (flow_run["name"], flow_run["state_type"]) == ("company as of 2024-06-23", "COMPLETED")
    tasks = wait_for(lambda: all_ended(api.task_runs(flow_run["id"])))
    assert {"ingest-sales", "plan", "sample-east", "train-shared", "decide-east", "decide-west", "publish"} <= tasks.keys()
    assert {run["state_type"] for run in tasks.values()} == {"COMPLETED"}
    assert all(run["task_inputs"] == {} for run in tasks.values())
    shown = {found["key"]: found for found in api.ask("/artifacts/filter", {"flow_runs": {"id": {"any_": [flow_run["id"]]}}})}
    assert outcome.run is not None
    assert outcome.run.run_id in shown["night"]["data"]
    alerts = read_frame(outcome.run, "alerts").filter("listed")
    assert [row["message"] for row in json.loads(shown["top-alerts"]["data"])] == alerts["message"].head(20).to_list()


def test_what_the_server_is_told_is_small_and_says_it_all(company, api) -> None:
    run_nightly(company.settings("seed=8"), Request(as_of=date(2024, 6, 20), last="ingest", regions=("east",)))
    told = api.newest_flow_run()["parameters"]
    assert told["settings"] == company.settings("seed=8").model_dump(mode="json")
    assert (told["request"]["as_of"], told["request"]["last"], told["request"]["regions"]) == ("2024-06-20", "ingest", ["east"])


def test_a_region_that_fails_leaves_the_others_published(company, api, capsys) -> None:
    conduct(company.settings(), Request(last="ingest"))
    for file in (company.lake / "availability").glob("region=west/**/*.parquet"):
        file.unlink()
    assert call(["run", str(company.config), "--json"]) == 2
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["failed_regions"].keys() == {"west"}
    assert document["latest"]
    assert set(pl.read_parquet(Path(document["path"]) / "forecasts.parquet")["region"]) == {"east"}
    assert "Traceback" not in printed.err
    flow_run = api.newest_flow_run()
    assert flow_run["state_type"] == "FAILED"
    assert "region west failed" in flow_run["state"]["message"]


def test_a_second_run_on_the_same_lake_ends_at_once(company, no_server, capsys) -> None:
    with lake_lock(company.lake):
        begun = time.perf_counter()
        with pytest.raises(LakeLocked, match="another run is writing"):
            run_nightly(company.settings(), Request())
        assert time.perf_counter() - begun < 1, "no server is started for a run that cannot begin"
        assert call(["run", str(company.config)]) == 1
    assert "another run is writing" in capsys.readouterr().err


def test_what_a_user_must_mend_is_told_once_and_as_without_prefect(company, api, capsys) -> None:
    (company.inputs / "sales.csv").unlink()
    with pytest.raises(InputError) as direct:
        conduct(company.settings(), Request())
    with pytest.raises(InputError) as with_prefect:
        run_nightly(company.settings(), Request())
    assert str(with_prefect.value) == str(direct.value)
    flow_run = api.newest_flow_run()
    task = wait_for(lambda: (run := api.task_runs(flow_run["id"]).get("ingest-sales")) and run["state_type"] != "RUNNING" and run)
    assert (task["state_type"], task["run_count"]) == ("FAILED", 1)
    assert call(["run", str(company.config)]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == f"fillrate: {direct.value}"


def test_an_unknown_region_is_told_as_without_prefect(company, api) -> None:
    with pytest.raises(UnknownRegion, match="'north'"):
        run_nightly(company.settings(), Request(regions=("north",)))


def test_what_passes_by_itself_is_tried_again(company, api) -> None:
    # Where the table of sales belongs lies a file, until the first attempt has failed.
    company.lake.mkdir()
    obstacle = company.lake / "sales"
    obstacle.write_text("in the way")
    with each_log_line(lambda line: obstacle.unlink() if line.startswith("ingest-sales failed and is tried again") else None) as lines:
        outcome = run_nightly(company.settings(), Request(last="ingest"))
    assert outcome.failed == {}
    assert sum("tried again" in line for line in lines) == 1
    assert conduct(company.settings(), Request()).run is not None


def all_ended(tasks: dict[str, Any]) -> dict[str, Any] | None:
    return tasks if "publish" in tasks and not {"PENDING", "RUNNING"} & {run["state_type"] for run in tasks.values()} else None


@contextlib.contextmanager
def each_log_line(act: Callable[[str], object]) -> Iterator[list[str]]:
    lines: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())
            act(record.getMessage())

    listener = Listener()
    logging.getLogger("fillrate").addHandler(listener)
    try:
        yield lines
    finally:
        logging.getLogger("fillrate").removeHandler(listener)


def wait_for(look: Callable[[], Any], seconds: float = 10) -> Any:
    """Task runs reach the server as events, a moment after the flow has ended."""
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    assert found
    return found


def test_who_runs_without_prefect_does_not_wait_for_it() -> None:
    program = "import sys, flows.cli.nights, flows.nightly, flows.schedules, flows.serve; print('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
