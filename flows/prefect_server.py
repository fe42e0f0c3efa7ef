"""The Prefect server of a run: the one that is configured, or a temporary one that lives as long as the run."""

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flows.prefect_environment import STARTUP_SECONDS, configured_server, environment_of_own_server

REACHABLE_SECONDS = 15
"""How long a configured server may take to answer."""

HOW_TO_START = "`.venv/bin/prefect server start` starts one on this machine, at http://127.0.0.1:4200/api"


class PrefectServerError(ConnectionError):
    """No Prefect server can be used; the message says which, and how to mend it."""


class TemporaryServer:
    """A Prefect server that a run starts for itself. It is up once `wait` has returned, and gone after `stop`.

    It prints nothing and keeps no file of the caller's open. It ends with the process that started it, also when that is killed.
    """

    def __init__(self) -> None:
        # The socket listens before the server is there: connections wait, and no other process can take the port meanwhile.
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.url = f"http://127.0.0.1:{listening.getsockname()[1]}/api"
            self.home = Path(tempfile.mkdtemp(prefix="fillrate-prefect-"))
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", f"{__package__}.prefect_server_process", str(listening.fileno()), str(self.home)],
                pass_fds=[listening.fileno()],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Away from settings files of the working directory and from the terminal's Ctrl-C, which is for the run.
                cwd=self.home,
                start_new_session=True,
                env=environment_of_own_server(self.home),
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait(self) -> None:
        """Return when the server answers.

        Raises
        ------
        PrefectServerError
            If it does not.
        """
        if problem := _unreachable(self.url, STARTUP_SECONDS, through_proxy=False):
            raise PrefectServerError(
                f"the temporary Prefect server did not start ({problem}): run with --direct, which needs none and writes the same "
                f"numbers, or configure a server of yours with PREFECT_API_URL; {HOW_TO_START}"
            )

    def stop(self) -> None:
        """End the server and remove what it wrote."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


@contextlib.contextmanager
def temporary_server() -> Iterator[TemporaryServer]:
    """Start a temporary server for the length of a `with` block. Work that does not need it can go on until `wait`."""
    server = TemporaryServer()
    try:
        yield server
    finally:
        server.stop()


def lasting_server() -> str:
    """Return the URL of the configured server, which answers.

    Raises
    ------
    PrefectServerError
        If there is none, or it does not answer.
    """
    url = configured_server()
    if url is None:
        raise PrefectServerError(
            f"a schedule needs a Prefect server that stays, and PREFECT_API_URL names none: {HOW_TO_START}; "
            "then set PREFECT_API_URL to its address and try again"
        )
    if problem := _unreachable(url, REACHABLE_SECONDS, through_proxy=True):
        raise PrefectServerError(
            f"the Prefect server at {url} (PREFECT_API_URL) does not answer ({problem}): start it ({HOW_TO_START}), "
            "correct PREFECT_API_URL, or run with --direct, which needs none"
        )
    return url


def _unreachable(url: str, seconds: float, *, through_proxy: bool) -> str | None:
    """Return why the server at `url` does not answer, None if it does."""
    import httpx

    try:
        response = httpx.get(f"{url.rstrip('/')}/health", timeout=seconds, trust_env=through_proxy)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return str(error) or type(error).__name__
    # A server that asks who is there is up: the key or password is Prefect's to send.
    return None if response.status_code < 500 and response.status_code != 404 else f"status {response.status_code}"
