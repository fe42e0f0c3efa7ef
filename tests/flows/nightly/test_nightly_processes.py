"""`fillrate run` with no Prefect server, as a scheduler sees it: what it prints, what it leaves behind, what a signal does."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.conductor import Request, conduct

pytestmark = pytest.mark.slow

FILLRATE = str(Path(sys.executable).with_name("fillrate"))
OUR_LINE = re.compile(r"\d\d:\d\d:\d\d (ingest|sample|train|as of|forecast|recommend|publish)\b.*")


@contextlib.contextmanager
def started(company, home: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A run whose home is empty, whose temporary files are in `home`, and whose proxy answers nobody."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {"HOME": str(home), "TMPDIR": str(home), "HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    command = [FILLRATE, "run", str(company.config), *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def servers(home: Path) -> list[int]:
    """Processes of temporary servers that work in `home`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
            if "prefect_server_process" in command and str(home) in command:
                found.append(int(folder.name))
    return found


def test_a_night_prints_nothing_of_prefects_and_leaves_nothing(company, tmp_path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with started(company, home) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert [line for line in err.splitlines() if not OUR_LINE.fullmatch(line)] == []
    assert "published in" in out
    assert "refect" not in out
    assert list(home.iterdir()) == [], "neither a home of Prefect's nor a server's files"
    assert servers(home) == []


def test_a_night_for_machines_prints_one_document_and_lines_of_json(company, tmp_path) -> None:
    """A region fails in a worker on Dask: Prefect and Dask would each tell that in their own way."""
    home = tmp_path / "home"
    home.mkdir()
    conduct(company.settings(), Request(last="ingest"))
    for file in (company.lake / "availability").glob("region=west/**/*.parquet"):
        file.unlink()
    with started(company, home, "--json", "--set", "log.format=json", "--set", "cluster.workers=2") as process:
        out, err = process.communicate(timeout=240)
    assert process.returncode == 2, err
    document = json.loads(out)
    assert document["failed_regions"].keys() == {"west"}
    lines = [json.loads(line) for line in err.splitlines()]
    (failed,) = [line for line in lines if line["level"] == "error"]
    assert failed["event"].startswith("region west failed in ")
    assert (failed["region"], failed["run_id"]) == ("west", document["run_id"])
    told_by_workers = [line for line in lines if line["event"].startswith("forecast east")]
    assert [(line["region"], line["run_id"]) for line in told_by_workers] == [("east", document["run_id"])]


@pytest.mark.parametrize(
    ("number", "at"), [(signal.SIGTERM, "as of"), (signal.SIGINT, "train: shared trees")], ids=["terminated", "interrupted"]
)
def test_a_stopped_night_takes_its_server_along_and_the_next_one_runs(company, tmp_path, number, at) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with started(company, home) as process:
        assert process.stderr is not None
        assert any(at in line for line in process.stderr), "the flow is under way"
        assert len(servers(home)) == 1
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert process.returncode in {-number, 1, 128 + number}, err
    assert "Traceback" not in err
    assert until(lambda: not servers(home) and not list(home.glob("fillrate-prefect-*")))
    assert conduct(company.settings(), Request(last="ingest")).failed == {}


def until(look: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not look() and time.monotonic() < end:
        time.sleep(0.1)
    return look()
