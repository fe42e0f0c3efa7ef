"""Connections to a database: opened and ended as one transaction, with errors told to the person who can mend them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pyarrow as pa
from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi
from adbc_driver_postgresql.dbapi import Connection, Cursor

from data.database.addresses import Address
from data.database.errors import DatabaseError

TIMED_OUT = "57014"
"""SQLSTATE of a statement that was cancelled, which is how its time limit ends it."""

UNDER_WAY = {"statement timeout": TIMED_OUT, "server closed the connection|could not receive|terminating connection": "08006"}
"""Pattern of what the driver says while rows are coming → the SQLSTATE that it stands for."""

FAILURES = (Error, pa.ArrowException, OSError)
"""What the driver raises; rows that stop coming are told as errors of Arrow or of the system."""

CAUSES = {
    r"password authentication failed|no password supplied|role .* does not exist": (
        "it does not accept the user and password. Mend them in {variable}"
    ),
    r"database .* does not exist": "it has no database of that name. Mend the name at the end of {variable}",
    r"Connection refused|No such file|could not translate host|timeout expired|unreachable|No route to host": (
        "it does not answer. Start it, or mend host and port in {variable}"
    ),
    r"starting up|shutting down|too many clients|remaining connection slots": "it takes no connections now. Run again when it does",
    r"no pg_hba.conf entry": (
        "it lets nobody in from this machine as that user, or not without SSL. Have its pg_hba.conf mended, or {variable}"
    ),
}
"""Pattern of what the driver says → what a person can do about it."""


@contextmanager
def transaction(address: Address, *, seconds: int, read_only: bool = False) -> Iterator[Cursor]:
    """Open a connection and one transaction on it, committed when the block ends and rolled back when it raises.

    Parameters
    ----------
    address
        Where the database is.
    seconds
        After which a single statement is given up by the server.
    read_only
        Whether nothing may be written; all statements then see the database as it was at the first one.

    Raises
    ------
    DatabaseError
        For whatever the driver raises, in the block too.
    """
    connection = _connect(address)
    try:
        with told(address), connection.cursor() as cursor:
            if read_only:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute(f"SET LOCAL statement_timeout = '{seconds}s'")
            yield cursor
            connection.commit()
    finally:
        with suppress(*FAILURES):  # a server that has gone has rolled back already
            connection.close()


@contextmanager
def told(address: Address) -> Iterator[None]:
    """Raise what the driver raises as `DatabaseError`."""
    try:
        yield
    except FAILURES as error:
        raise _failed(address, error) from None  # the driver's own words could hold what must not be printed


def quoted(name: str) -> str:
    """Return a name as SQL writes an identifier."""
    return '"' + name.replace('"', '""') + '"'


def _connect(address: Address) -> Connection:
    try:
        return dbapi.connect(address.url.get_secret_value())
    except FAILURES as error:
        said = str(error)
    for pattern, cause in CAUSES.items():
        if re.search(pattern, said):
            raise DatabaseError(f"the database {address.where}: {cause.format(variable=address.variable)}.")
    raise DatabaseError(f"the database {address.where} cannot be reached: {_first_line(address, said)} Check {address.variable}.")


def _failed(address: Address, error: Exception) -> DatabaseError:
    said = str(error)
    state = getattr(error, "sqlstate", None)
    if state is None:  # the driver drops it while rows are coming
        state = next((state for pattern, state in UNDER_WAY.items() if re.search(pattern, said)), None)
    return DatabaseError(f"the database {address.where}: {_first_line(address, said)}", state)


def _first_line(address: Address, said: str) -> str:
    """What the server says, without the statement that the driver repeats and without secrets."""
    found = re.search(r"(?:ERROR|FATAL|PANIC):\s*(?P<said>[^\n]+)", said)
    line = found["said"] if found else next((line for line in said.splitlines() if line.strip()), "no reason was given")
    line = re.sub(r"^[A-Z_]+: (\[libpq\] )?", "", line.partition(" Query was:")[0]).strip()
    return address.without_secrets(line).rstrip(".") + "."
