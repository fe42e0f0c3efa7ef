"""Nights on a real Prefect server: served or deployed, triggered, shown there, kept from overlapping, cancelled midway."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from data.published import changed_files, latest_run, runs
from flows.conductor import Request, conduct

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
REPO = Path(__file__).resolve().parents[3]
PATIENCE = 180
"""Seconds until a test gives up waiting: a server is slow to start and to tell where the machine is busy."""
FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def until(look, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.2)
    assert found
    return found


@contextlib.contextmanager
def process(*command, cwd, **environment):
    """A command in a process group of its own, ended with the block; its output lies in `cwd`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    told = cwd / f"{Path(command[0]).name}-{command[1]}.log"
    with told.open("w") as out:
        begun = subprocess.Popen([*command], cwd=cwd, env=clean | environment, stdout=out, stderr=out, start_new_session=True)
    try:
        yield begun
    finally:
        begun.send_signal(signal.SIGTERM)
        try:
            begun.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(begun.pid, signal.SIGKILL)
            begun.wait()


@pytest.fixture(scope="module")
def prefect(tmp_path_factory):
    """`prefect server start`, as docs/operations.md says, on a free port with a home of its own; return the environment to use it."""
    home = tmp_path_factory.mktemp("prefect-server")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = {"PREFECT_HOME": str(home), "HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    told |= {"PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL", "NO_PROXY": "127.0.0.1"}
    url = f"http://127.0.0.1:{port}/api"
    with process(BIN / "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui", cwd=home, **told):

        def answers():
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(f"{url}/health", trust_env=False).is_success
            return False

        until(answers)
        yield told | {"PREFECT_API_URL": url, "PREFECT_RUNNER_POLL_FREQUENCY": "1", "PREFECT_WORKER_QUERY_SECONDS": "1"}


@pytest.fixture(scope="module")
def server(prefect, server_api):
    return server_api(prefect["PREFECT_API_URL"])


@pytest.fixture(scope="module")
def company(tmp_path_factory, company_at):
    """A company with enough items for a night to be caught in the middle. It ran one without Prefect, and none for three days since."""
    made = company_at(tmp_path_factory.mktemp("served") / "company", 80)
    conduct(made.settings(), Request())
    (manifest,) = (made.folder / "out" / "runs").glob("*/manifest.json")
    finished = (datetime.now(UTC) - timedelta(days=3)).isoformat(timespec="seconds")
    lines = [f'  "finished_at": "{finished}",' if '"finished_at"' in line else line for line in manifest.read_text().splitlines()]
    manifest.write_text("\n".join(lines))
    return made


@pytest.fixture(scope="module")
def served(prefect, server, company):
    """`fillrate serve` of the company."""
    with process(BIN / "fillrate", "serve", str(company.config), cwd=company.folder, TZ="Europe/Berlin", **prefect):
        until(lambda: len(deployments(server)) == 3)
        yield


def deployments(server):
    return {found["name"]: found for found in server.ask("/deployments/filter", {})}


def trigger(server, name, **parameters):
    found = deployments(server)[name]
    return server.ask(f"/deployments/{found['id']}/create_flow_run", {"parameters": found["parameters"] | parameters})["id"]


def state(server, flow_run):
    return server.ask(f"/flow_runs/{flow_run}")["state_type"]


def ended(server, flow_run):
    return until(lambda: (found := state(server, flow_run)) in FINAL and found)


def shown(server, flow_run):
    return {found["key"]: found for found in server.ask("/artifacts/filter", {"flow_runs": {"id": {"any_": [flow_run]}}})}


def planned(server, flow_run):
    return server.task_runs(flow_run).get("plan", {}).get("state_type") == "COMPLETED"


def test_a_missed_night_is_started_at_once_and_shown_on_the_server(served, server, company) -> None:
    asked = {"deployments": {"name": {"any_": ["company-nightly"]}}, "sort": "START_TIME_ASC"}
    started = until(lambda: [run for run in server.ask("/flow_runs/filter", asked) if not run["auto_scheduled"]])
    assert len(started) == 1
    night = started[0]["id"]
    second = trigger(server, "company-nightly")
    assert ended(server, night) == "COMPLETED"
    latest = latest_run(company.folder / "out")
    assert latest is not None
    until(lambda: {"plan", "decide-east", "decide-west", "publish"} <= server.task_runs(night).keys())
    assert until(lambda: {run["state_type"] for run in server.task_runs(night).values()} == {"COMPLETED"})
    artifacts = shown(server, night)
    assert {(key, artifact["type"]) for key, artifact in artifacts.items()} == {("night", "markdown"), ("top-alerts", "table")}
    assert any(run.run_id in artifacts["night"]["data"] for run in runs(company.folder / "out"))
    assert ended(server, second) == "COMPLETED"
    first, then = (server.ask(f"/flow_runs/{flow_run}") for flow_run in (night, second))
    assert then["start_time"] >= first["end_time"], "one run at a time is served"


def test_the_server_schedules_every_night_at_its_time(served, server) -> None:
    asked = {"deployments": {"name": {"any_": ["company-nightly"]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    waiting = until(lambda: len(found := server.ask("/flow_runs/filter", asked)) >= 3 and found)
    moments = [datetime.fromisoformat(run["expected_start_time"]).astimezone(ZoneInfo("Europe/Berlin")) for run in waiting]
    assert {moment.strftime("%H:%M") for moment in moments} == {"02:30"}
    assert {moment.weekday() for moment in moments} <= set(range(6)), "on Sundays it is the training"


def test_a_cancelled_night_leaves_nothing_behind_and_the_next_one_heals(served, server, company) -> None:
    out = company.folder / "out"
    latest, before = latest_run(out), len(runs(out))
    assert latest is not None
    cancelled = trigger(server, "company-training")
    until(lambda: planned(server, cancelled))
    server.ask(f"/flow_runs/{cancelled}/set_state", {"state": {"type": "CANCELLING"}, "force": True})
    assert ended(server, cancelled) == "CANCELLED"
    time.sleep(1)
    assert latest_run(out) == latest
    assert changed_files(latest) == []
    assert len(runs(out)) == before
    assert (company.folder / "out" / "latest").resolve() == latest.path.resolve()
    healed = trigger(server, "company-nightly")
    assert ended(server, healed) == "COMPLETED"
    assert latest_run(out) != latest
    assert list((out / "runs").glob(".staging-*")) == []
    assert list((company.lake / "work").glob("*")) == [], "what the cancelled run left in the workspace is gone too"


def test_a_backtest_is_published_and_shown(served, server, company) -> None:
    # Two processes: they must start from within Prefect's own.
    flow_run = trigger(server, "company-backtest", changes=["backtest.origins=1", "backtest.workers=2"])
    assert ended(server, flow_run) == "COMPLETED"
    (page,) = (company.folder / "out" / "backtests").glob("*/backtest.html")
    artifacts = shown(server, flow_run)
    assert str(page) in artifacts["backtest"]["data"]
    assert "fillrate" in artifacts["scores"]["data"]


def test_prefect_yaml_deploys_what_is_served(prefect, server, company_at, tmp_path) -> None:
    """`prefect deploy` of the file that `--prefect-yaml` writes, and a night by a worker of its pool."""
    company = company_at(tmp_path / "company", 40)
    company.config.write_text(company.config.read_text().replace('"company"', '"deployed"'))
    environment = {**os.environ, **prefect, "TZ": "UTC"}
    made = subprocess.run(
        [BIN / "fillrate", "serve", str(company.config), "--prefect-yaml"], env=environment, capture_output=True, text=True, check=True
    )
    (tmp_path / "prefect.yaml").write_text(made.stdout)
    (tmp_path / "flows").symlink_to(REPO / "flows")
    for command in (["work-pool", "create", "fillrate", "--type", "process"], ["--no-prompt", "deploy", "--all"]):
        done = subprocess.run([BIN / "prefect", *command], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    found = deployments(server)
    assert {name for name in found if name.startswith("deployed-")} == {"deployed-nightly", "deployed-training", "deployed-backtest"}
    nightly = found["deployed-nightly"]
    assert [(made["schedule"]["cron"], made["schedule"]["timezone"]) for made in nightly["schedules"]] == [("30 2 * * mon-sat", "UTC")]
    assert nightly["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    with process(BIN / "prefect", "worker", "start", "--pool", "fillrate", "--type", "process", cwd=tmp_path, **prefect):
        first = trigger(server, "deployed-nightly")
        until(lambda: state(server, first) in {"RUNNING", *FINAL})
        # A worker takes as many as come: the limit of the deployment keeps the second one out.
        second = trigger(server, "deployed-nightly")
        assert ended(server, second) == "CANCELLED"
        assert ended(server, first) == "COMPLETED"
    assert len(runs(company.folder / "out")) == 1
    assert latest_run(company.folder / "out") is not None
