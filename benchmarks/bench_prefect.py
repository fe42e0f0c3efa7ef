"""What Prefect adds to a night on the sample: with no server, again with none, and with a server running."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.timed_run import REPO, timed_run

STARTUP_SECONDS = 90


def night(folder: Path, *options: str, environment: dict[str, str] | None = None) -> float:
    """Run a night of the demo config in `folder` and return its seconds."""
    where = ["--out", str(folder), "--set", f'lake.path="{folder}/lake"']
    command = [str(Path(sys.executable).with_name("fillrate")), "run", "configs/demo.toml", *where]
    ended = timed_run([*command, *options], quiet=True, environment=environment)
    if ended.code:
        raise SystemExit(f"bench_prefect: a night ended with exit code {ended.code}")
    return ended.seconds


def main() -> int:
    """Measure and print what each way adds to a direct night that reuses its models."""
    folder = REPO / "out" / "bench_prefect"
    shutil.rmtree(folder, ignore_errors=True)
    night(folder, "--direct")
    direct = min(night(folder, "--direct") for _ in range(2))
    print(f"direct: {direct:.1f} s")
    for what in ("first without a server", "again without a server"):
        print(f"{what}: {night(folder) - direct:+.1f} s")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    with tempfile.TemporaryDirectory() as home:
        quiet = {**os.environ, "PREFECT_HOME": home, "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
        command = [str(Path(sys.executable).with_name("prefect")), "server", "start", "--port", str(port)]
        server = subprocess.Popen(command, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until_healthy(url)
            environment = {"PREFECT_API_URL": url, "PREFECT_HOME": home}
            night(folder, environment=environment)
            print(f"with a server running: {night(folder, environment=environment) - direct:+.1f} s")
        finally:
            server.terminate()
            server.wait()
    return 0


def until_healthy(url: str) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise SystemExit(f"bench_prefect: no server at {url} after {STARTUP_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
