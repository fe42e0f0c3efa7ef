"""A real S3-compatible object store on this machine's loopback, for tests and for trying: Ceph, all of it in memory.

`.venv/bin/python scripts/object_store.py` starts one with a bucket, prints the variables of the environment, and runs until it
is interrupted. `scripts/install_object_store` installs Ceph.
"""

import contextlib
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyarrow import fs

PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin", "setpriv")
START_SECONDS = 60

CONFIG = """\
[global]
fsid = {fsid}
mon_host = v2:127.0.0.1:{monitor}/0
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
keyring = {folder}/keyring
mon_data = {folder}/mon
osd_data = {folder}/osd
run_dir = {folder}
admin_socket = {folder}/$name.$pid.asok
log_file = {folder}/$name.log
crash_dir = {folder}
osd_objectstore = memstore
memstore_device_bytes = 2147483648
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 1
mon_data_avail_crit = 1
paxos_propose_interval = 0.05
rgw_frontends = beast endpoint=127.0.0.1:{gateway} tcp_nodelay=1
[mon.a]
mon_addr = v2:127.0.0.1:{monitor}
"""


class Gateway:
    """The program that serves requests; what it serves lies elsewhere, and is there still when it is started again."""

    def __init__(self, conf: Path, port: int) -> None:
        self._conf = conf
        self._port = port
        self._program: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        self._program = _daemon(self._conf, "radosgw", "-n", "client.admin", "--no-mon-config")
        _wait_for(self._port, self._conf.parent)

    def stop(self) -> None:
        """End it at once; requests are refused from now on."""
        if self._program is not None:
            self._program.kill()
            self._program.wait()


@dataclass(frozen=True)
class ObjectStore:
    """A store that is running: its endpoint, keys, the folder of its log, and what serves its requests."""

    endpoint: str
    access_key: str
    secret_key: str
    folder: Path
    gateway: Gateway

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which S3 clients find it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }

    def make_bucket(self, name: str) -> None:
        """Make a bucket."""
        client = fs.S3FileSystem(
            endpoint_override=self.endpoint, access_key=self.access_key, secret_key=self.secret_key, allow_bucket_creation=True
        )
        client.create_dir(name)

    def requests(self) -> Counter[str]:
        """Return how many requests of each method it has served."""
        return Counter(re.findall(r'beast: .*?"([A-Z]+) \S+ HTTP', (self.folder / "client.admin.log").read_text(errors="replace")))


def missing_programs() -> list[str]:
    """Return what is not installed of what a store needs."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


@contextlib.contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """Run a store in an empty folder for the length of a `with` block; its programs end with this process too.

    Raises
    ------
    RuntimeError
        If it does not start; the message says what to look at.
    """
    access_key, secret_key = secrets.token_hex(8), secrets.token_hex(16)
    gateway = _free_port()
    conf = folder / "ceph.conf"
    conf.write_text(CONFIG.format(fsid=(fsid := uuid.uuid4()), folder=folder, monitor=(monitor := _free_port()), gateway=gateway))
    for part in ("mon", "osd"):
        (folder / part).mkdir()
    with contextlib.ExitStack() as stack:

        def run(*command: str) -> None:
            done = subprocess.run(  # noqa: S603 - Ceph's own programs
                [command[0], "--conf", str(conf), *command[1:]], capture_output=True, text=True, timeout=START_SECONDS
            )
            if done.returncode:
                raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-500:]}")

        def keep(*command: str) -> None:
            daemon = _daemon(conf, *command)
            stack.callback(daemon.wait)
            stack.callback(daemon.kill)  # all it holds is in memory: there is nothing to bring to an end

        keyring = str(folder / "keyring")
        everything = ("--cap", "mon", "allow *", "--cap", "osd", "allow *")
        run("ceph-authtool", keyring, "--create-keyring", "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        for name in ("client.admin", "osd.0"):
            run("ceph-authtool", keyring, "--gen-key", "-n", name, *everything)
        run("monmaptool", "--create", "--fsid", str(fsid), "--addv", "a", f"[v2:127.0.0.1:{monitor}]", str(folder / "monmap"))
        run("ceph-mon", "--mkfs", "-i", "a", "--monmap", str(folder / "monmap"), "--keyring", keyring)
        keep("ceph-mon", "-i", "a")
        disk = str(uuid.uuid4())
        run("ceph", "osd", "new", disk)
        run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        run("ceph", "osd", "crush", "add", "osd.0", "1", "host=here", "root=default")
        keep("ceph-osd", "-i", "0")
        endpoint, serving = f"http://127.0.0.1:{gateway}", Gateway(conf, gateway)
        stack.callback(serving.stop)
        serving.start()
        keys = (f"--access-key={access_key}", f"--secret={secret_key}")
        run("radosgw-admin", "user", "create", "--uid=fillrate", "--display-name=fillrate", *keys)
        yield ObjectStore(endpoint, access_key, secret_key, folder, serving)


def _daemon(conf: Path, *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        [str(shutil.which("setpriv")), "--pdeathsig", "KILL", command[0], "--conf", str(conf), "--foreground", *command[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait_for(port: int, folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Ceph's object gateway did not listen within {START_SECONDS} s: look into {folder}/client.admin.log")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def main() -> None:
    """Run a store until it is interrupted."""
    if missing := missing_programs():
        raise SystemExit(f"{missing[0]} is not installed: run scripts/install_object_store")
    with tempfile.TemporaryDirectory() as folder, object_store(Path(folder)) as store:
        store.make_bucket("fillrate")
        for name, value in store.environment.items():
            print(f"export {name}={value}")
        print("# bucket: s3://fillrate; Ctrl-C ends it", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    main()
