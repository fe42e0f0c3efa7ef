"""The Prefect server of a run: which one is used, what the temporary one leaves behind, and what it is told."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from flows.prefect_environment import configured_server, environment_of_own_server, prepare_for_own_server
from flows.prefect_server import PrefectServerError, TemporaryServer, lasting_server, temporary_server
from flows.settings import ConfigError


def gone(pid: int) -> bool:
    """Whether no such process runs any more; one that nobody has asked about yet does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def soon_gone(pid: int, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not gone(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return gone(pid)


def test_it_answers_inside_the_block_and_leaves_nothing() -> None:
    with temporary_server() as server:
        server.wait()
        assert httpx.get(f"{server.url}/health").json() is True
        assert server.url.startswith("http://127.0.0.1:")
        assert (server.home / "prefect.db").is_file()
    assert gone(server.pid)
    assert not server.home.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/health")


def test_it_goes_also_when_the_block_fails() -> None:
    with pytest.raises(RuntimeError, match="in the night"), temporary_server() as server:
        raise RuntimeError("in the night")
    assert gone(server.pid)
    assert not server.home.exists()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_the_process_that_started_it(end) -> None:
    program = """
import time
from flows.prefect_server import TemporaryServer
server = TemporaryServer()
print(server.pid, server.home, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, home = parent.stdout.readline().split()
        assert not gone(int(pid))
        parent.send_signal(end)
        # A server that had kept the pipe open would hold this up until it ended.
        parent.communicate(timeout=10)
    assert soon_gone(int(pid))
    assert not Path(home).exists()


def test_one_that_dies_while_starting_is_told_at_once() -> None:
    server = TemporaryServer()
    try:
        os.kill(server.pid, signal.SIGKILL)
        begun = time.monotonic()
        with pytest.raises(PrefectServerError, match=r"did not start .* run with --direct"):
            server.wait()
        assert time.monotonic() - begun < 5
    finally:
        server.stop()
    assert not server.home.exists()


def test_two_at_once_do_not_meet() -> None:
    with temporary_server() as one, temporary_server() as other:
        assert one.url != other.url
        assert one.home != other.home


def test_nothing_is_configured_by_default(no_server) -> None:
    assert configured_server() is None
    with pytest.raises(PrefectServerError, match=r"PREFECT_API_URL names none.*prefect server start"):
        lasting_server()


def test_the_environment_goes_before_the_profile(no_server, monkeypatch) -> None:
    profiles = no_server / ".prefect" / "profiles.toml"
    profiles.parent.mkdir()
    lines = ['active = "ours"', "[profiles.ours]", 'PREFECT_API_URL = "http://ours/api"', "[profiles.other]", "[profiles.theirs]"]
    profiles.write_text("\n".join([*lines, 'PREFECT_API_URL = "http://theirs/api"']))
    assert configured_server() == "http://ours/api"
    monkeypatch.setenv("PREFECT_PROFILE", "theirs")
    assert configured_server() == "http://theirs/api"
    monkeypatch.setenv("PREFECT_PROFILE", "other")
    assert configured_server() is None
    monkeypatch.setenv("PREFECT_API_URL", "http://mine/api")
    assert configured_server() == "http://mine/api"


def test_profiles_that_cannot_be_read_are_told(no_server) -> None:
    (no_server / ".prefect").mkdir()
    (no_server / ".prefect" / "profiles.toml").write_text("active = ")
    with pytest.raises(ConfigError, match=r"profiles\.toml are not readable"):
        configured_server()


def test_a_configured_server_that_does_not_answer_is_named(no_server, monkeypatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(PrefectServerError, match=r"http://127\.0\.0\.1:9/api .*does not answer.*--direct"):
        lasting_server()


def test_an_address_without_a_prefect_server_is_not_taken_for_one(server_url, monkeypatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"{server_url}/elsewhere")
    with pytest.raises(PrefectServerError, match="status 404"):
        lasting_server()


def test_the_temporary_server_never_touches_what_was_set_for_another(no_server, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", "postgresql+asyncpg://production")
    monkeypatch.setenv("PREFECT_API_KEY", "secret")
    told = environment_of_own_server(tmp_path)
    assert told["PREFECT_API_DATABASE_CONNECTION_URL"] == f"sqlite+aiosqlite:///{tmp_path}/prefect.db"
    assert "PREFECT_API_KEY" not in told
    assert told["PATH"] == os.environ["PATH"]


def test_what_the_user_set_stays(no_server, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "DEBUG")
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    before = dict(os.environ)
    try:
        prepare_for_own_server(tmp_path)
        assert os.environ["PREFECT_LOGGING_LEVEL"] == "DEBUG"
        assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
        assert os.environ["NO_PROXY"] == "example.org,127.0.0.1"
        prepare_for_own_server(tmp_path)
        assert os.environ["NO_PROXY"] == "example.org,127.0.0.1"
    finally:
        os.environ.clear()
        os.environ.update(before)
