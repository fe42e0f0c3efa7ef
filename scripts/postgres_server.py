"""A PostgreSQL server of one's own, in a temporary folder on a free port of this machine: for tests and measurements."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adbc_driver_postgresql import dbapi

USER = "fillrate"
UNPRIVILEGED = ("postgres", "nobody")
"""Users as whom the server may run, since it refuses to run as root."""


class NoServer(Exception):
    """A machine that cannot run a PostgreSQL server; the message says why."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server. `password` is its owner's; every connection needs one."""

    folder: Path
    programs: Path
    port: int
    password: str

    def url(self, database: str = "postgres", *, user: str = USER, password: str | None = None) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements, each committed by itself; return the rows of the last, none where it gives none."""
        with dbapi.connect(self.url(database), autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", self._data, "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self) -> None:
        """Stop it at once; whatever is under way is lost."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def make(self) -> None:
        """Make its files."""
        secret = self.folder / "password"
        secret.write_text(self.password)
        if (user := _user()) is not None:
            shutil.chown(secret, user)
        options = ["-U", USER, f"--pwfile={secret}", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", "-D", self._data, *options)
        secret.unlink()

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        said = self.folder / f"{program}.out"
        with said.open("w") as out:  # a pipe would stay open for as long as the server runs
            ended = subprocess.run(  # noqa: S603 programs of PostgreSQL, with arguments of this module
                [str(self.programs / program), *arguments], stdout=out, stderr=subprocess.STDOUT, user=_user(), cwd=self.folder, check=False
            )
        if ended.returncode:
            raise NoServer(f"{program} failed: {said.read_text()[-500:]}")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a server until the block ends.

    Raises
    ------
    NoServer
        If there is no PostgreSQL here, or nobody to run it as.
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="fillrate-postgres-"))
    if (user := _user()) is not None:
        shutil.chown(folder, user)
    server = PostgresServer(folder, programs, _free_port(), secrets.token_hex(12))
    try:
        server.make()
        server.start()
        try:
            yield server
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    if (found := shutil.which("initdb")) is not None:
        return Path(found).resolve().parent  # it looks for the others where it lies itself
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not versions:
        raise NoServer("there is no PostgreSQL server on this machine: scripts/install_postgres installs one")
    return versions[-1].parent


def _user() -> str | None:
    """Return as whom the server runs; None as oneself."""
    if os.geteuid() != 0:
        return None
    there = {entry.pw_name for entry in pwd.getpwall()}
    for name in UNPRIVILEGED:
        if name in there:
            return name
    raise NoServer("PostgreSQL does not run as root, and there is no other user to run it as: add the user postgres")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
