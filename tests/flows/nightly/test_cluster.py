"""A night whose regions are computed side by side on Dask: the numbers of one process, also where a worker is lost."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.published import runs
from data.storage import place
from flows.conductor import Request, conduct
from flows.nightly import run_nightly
from flows.settings import ConfigError, load_settings

pytestmark = pytest.mark.slow

TWO = "cluster.workers=2"


def workers_of(parent: int) -> list[int]:
    """Processes that Dask started for `parent`, oldest first."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(stat[1]) == parent and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return sorted(found)


def test_two_processes_publish_what_one_does(make_company, api, same) -> None:
    """Each region has ten series, so it is split in three."""
    company, other = make_company("cluster"), make_company("alone")
    spread = run_nightly(company.settings(TWO, "cluster.series_per_task=4"), Request())
    alone = conduct(other.settings(), Request())
    assert spread.failed == {}
    assert same(spread.run, alone.run)
    flow_run = api.newest_flow_run()
    deadline = time.monotonic() + 30
    while True:
        tasks = api.task_runs(flow_run["id"])
        done = {name for name, run in tasks.items() if run["state_type"] == "COMPLETED"}
        if {"sample-east", "sample-west", "train-east", "decide-east", "decide-west", "decide-west-3", "join-west", "publish"} <= done:
            break
        assert time.monotonic() < deadline, tasks.keys()
        time.sleep(0.2)
    assert workers_of(os.getpid()) == [], "they end with the night"


def test_a_killed_worker_is_survived(company_at, tmp_path, api, same) -> None:
    """A worker that is deciding on a region is stopped, seen to hold the task, and killed: another does it again."""
    company, other = company_at(tmp_path / "cluster", 20), company_at(tmp_path / "alone", 20)
    killed: list[int] = []

    def kill() -> None:
        work = company.lake / "work"
        while not killed and not ended.wait(0.005):
            begun = {path.name.split("-")[-1] for path in work.glob("*/forecast-messages-*.parquet")}
            # Stopped, a worker can end nothing: what was begun and is not decided by then is what the stopped ones hold.
            workers = workers_of(os.getpid()) if begun else []
            for worker in workers:
                os.kill(worker, signal.SIGSTOP)
            done = {path.name.split("-")[-1] for path in work.glob("*/forecasts-*.parquet")}
            held = begun - done
            if workers and len(held) == len(workers):
                # As many tasks as workers: each of them holds one.
                killed.append(workers[0])
                os.kill(workers[0], signal.SIGKILL)
            for worker in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGCONT)

    ended = threading.Event()
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        spread = run_nightly(company.settings(TWO), Request())
    finally:
        ended.set()
        killer.join()
    assert killed, "no worker was killed while it decided"
    assert spread.failed == {}
    assert same(spread.run, conduct(other.settings(), Request()).run)


def test_a_region_that_fails_in_a_worker_leaves_the_others(company, api) -> None:
    conduct(company.settings(), Request(last="ingest"))
    for file in (company.lake / "availability").glob("region=west/**/*.parquet"):
        file.unlink()
    outcome = run_nightly(company.settings(TWO), Request(first="train"))
    assert outcome.failed.keys() == {"west"}
    assert "availability" in outcome.failed["west"], "the worker's own words"
    assert outcome.run is not None


def test_workers_read_and_write_a_lake_in_an_object_store(company, make_company, api, bucket, same) -> None:
    for path in company.inputs.iterdir():
        (place(bucket) / "inputs" / path.name).write_bytes(path.read_bytes())
    company.config.write_text(company.config.read_text().replace(str(company.folder), bucket))
    spread = run_nightly(company.settings(TWO), Request())
    assert spread.failed == {}
    assert same(runs(f"{bucket}/out")[0], conduct(make_company("disk").settings(), Request()).run)


@contextlib.contextmanager
def dask_cluster(tmp_path: Path) -> Iterator[str]:
    """A scheduler and a worker as an operations team would start them; yields the address."""
    file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    with (
        subprocess.Popen([*dask, "--scheduler-file", file], **quiet) as scheduler,
        subprocess.Popen([*worker, "--scheduler-file", file, "--local-directory", tmp_path / "dask"], **quiet) as working,
    ):
        try:
            while not file.is_file() or not file.read_text():
                assert scheduler.poll() is None
                time.sleep(0.1)
            yield json.loads(file.read_text())["address"]
        finally:
            working.terminate()
            working.wait(20)
            scheduler.terminate()


def test_a_running_cluster_is_used_by_its_address(make_company, api, same, tmp_path) -> None:
    company, other = make_company("cluster"), make_company("alone")
    with dask_cluster(tmp_path) as address:
        spread = run_nightly(company.settings(f"cluster.address={address}"), Request())
    assert spread.failed == {}
    assert same(spread.run, conduct(other.settings(), Request()).run)


def test_workers_elsewhere_need_a_server_that_they_reach(company, no_server) -> None:
    with pytest.raises(ConfigError, match=r"PREFECT_API_URL"):
        run_nightly(company.settings("cluster.address=tcp://10.0.0.5:8786"), Request())


def test_a_scheduler_that_does_not_answer_is_named(company, api) -> None:
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(ConnectionError, match=r"tcp://127\.0\.0\.1:9 .*--direct"),
    ):
        run_nightly(company.settings("cluster.address=tcp://127.0.0.1:9"), Request())
    assert list((company.lake).glob("work/*")) == []


def test_a_direct_run_needs_no_cluster(make_company, same) -> None:
    company, other = make_company("with"), make_company("without")
    settings = company.settings("cluster.address=tcp://127.0.0.1:9")
    assert same(conduct(settings, Request()).run, conduct(other.settings(), Request()).run)


def test_an_address_without_its_protocol_is_refused(company) -> None:
    with pytest.raises(ConfigError, match=r"cluster\.address"):
        load_settings(company.config, ["cluster.address=10.0.0.5:8786"])
