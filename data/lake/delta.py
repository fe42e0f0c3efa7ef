"""Delta tables, on disk or in an object store: open, scan, append, overwrite. Everything the lake writes goes through here.

History is never trimmed on its own (`delta.enableExpiredLogCleanup` is false): a checkpoint would otherwise delete the
versions that reruns read. What is no longer needed is removed by vacuum only.
"""

import contextlib
import fcntl
from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from data.errors import disk_is_full
from data.lake.errors import LakeError
from data.storage import ObjectPath, Place
from data.storage.object_store import in_words

CONFIGURATION: Mapping[str, str | None] = {"delta.enableExpiredLogCleanup": "false"}
RECORDS_LOCK = ".records.lock"
RECORD_TRIES = 10
"""Times that a record is tried to be added in an object store: each failure is another writer's success."""
DAMAGED = (DeltaError, FileNotFoundError, pl.exceptions.ComputeError, pl.exceptions.PanicException)
"""What is raised where a file of a table is missing or damaged."""
UNREADABLE = (*DAMAGED, OSError)
"""What is raised where it cannot be read, be it only for now."""
WRITER = WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=131_072)


@contextlib.contextmanager
def intact(root: Place, table: str) -> Iterator[None]:
    """Tell what is raised inside the block of a damaged file of `table`; what may pass by itself is raised as it is.

    Raises
    ------
    LakeError
        If a file of the table is missing or damaged.
    StorageError
        If the object store does not answer.
    """
    try:
        yield
    except DAMAGED as error:
        if disk_is_full(error) or isinstance(error, CommitFailedError) or not _has_log(root, table):
            raise
        if isinstance(root, ObjectPath) and not isinstance(error, FileNotFoundError):
            raise in_words(str(root / table), Exception(str(error))) from error
        raise LakeError(
            f"table {table} in the lake at {root} cannot be read in full: {str(error).splitlines()[0]}. A file below {root / table} was "
            "damaged or removed: put it back from a backup, or the whole lake; what was delivered since is taken in again then."
        ) from error


def _has_log(root: Place, table: str) -> bool:
    """Return whether there is anything to open; in a store, where every look is a request, that is told by opening it."""
    return isinstance(root, ObjectPath) or (root / table / "_delta_log").is_dir()


def exists(root: Place, table: str) -> bool:
    """Return whether `table` has ever been committed to."""
    # On disk a look at the folder first: the library would make it.
    return _has_log(root, table) and DeltaTable.is_deltatable(str(root / table))


def open_table(root: Place, table: str, version: int | None = None) -> DeltaTable:
    """Return `table` as of `version`, by default the newest.

    Raises
    ------
    LakeError
        If there is no such table or version.
    """
    missing = LakeError(f"the lake at {root} has no table {table!r} yet: take its files in first")
    # A store tells it when the table cannot be opened: until then that would be one more request.
    if not isinstance(root, ObjectPath) and not exists(root, table):
        raise missing
    try:
        opened = DeltaTable(str(root / table), version=version)
    except (DeltaError, OSError, ValueError) as error:
        if not exists(root, table):
            raise missing from None
        if version is None:
            raise
        newest = DeltaTable(str(root / table)).version()
        raise LakeError(f"{table} in the lake at {root} has no version {version}; the newest is {newest}") from error
    _refuse_an_empty_commit(root, table, opened.version())
    return opened


def _refuse_an_empty_commit(root: Place, table: str, version: int) -> None:
    """Refuse a table whose newest commit is an empty file, as a power cut leaves one: to the library it is a commit without rows."""
    commit = root / table / "_delta_log" / f"{version:020}.json"
    if not isinstance(commit, ObjectPath) and commit.is_file() and not commit.stat().st_size:
        raise LakeError(
            f"the newest commit of table {table} in the lake at {root} is an empty file ({commit.name}), and its rows are lost: "
            "the machine went down before they were on the disk. Put the lake back from a backup; later deliveries are taken in again."
        )


def scan(root: Place, table: str, schema: Mapping[str, pl.DataType], version: int | None = None) -> pl.LazyFrame:
    """Return `table` lazily with the columns of `schema`; one that was not stored at the time is null."""
    frame = pl.scan_delta(open_table(root, table, version))
    there = frame.collect_schema().names()
    return frame.select((pl.col(name) if name in there else pl.lit(None)).cast(dtype).alias(name) for name, dtype in schema.items())


def append(root: Place, table: str, frame: pl.DataFrame, partition_by: Sequence[str] = ()) -> int:
    """Add rows to `table`, creating it where need be, in one commit; return its new version."""
    path = root / table
    if not exists(root, table):
        root.mkdir(parents=True, exist_ok=True)
        partitions = list(partition_by) or None
        write_deltalake(str(path), frame, mode="error", partition_by=partitions, configuration=CONFIGURATION, writer_properties=WRITER)
    else:
        write_deltalake(DeltaTable(str(path)), frame, mode="append", schema_mode="merge", writer_properties=WRITER)
    return DeltaTable(str(path)).version()


def append_record(root: Place, table: str, frame: pl.DataFrame) -> None:
    """Add rows to a table that the deliveries of all tables share, one after the other.

    Tables may be taken in side by side, and of two writers that both find the record missing Delta lets one fail. On disk they
    wait for each other; in an object store the one that fails adds to what it finds then.
    """
    if isinstance(root, ObjectPath):
        for left in reversed(range(RECORD_TRIES)):
            made = exists(root, table)
            try:
                append(root, table, frame)
                return
            except CommitFailedError:
                # Another writer came in between, and nothing of this one is there.
                if not left:
                    raise
            except (DeltaError, OSError):
                if made or not left or not exists(root, table):
                    raise
    root.mkdir(parents=True, exist_ok=True)
    with (root / RECORDS_LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        append(root, table, frame)


def overwrite(root: Place, table: str, frame: pl.DataFrame, where: str | None) -> int:
    """Replace the rows of `table` for which the SQL text `where` holds (None: all) in one commit; return its new version.

    Every row of `frame` must satisfy `where`; Delta refuses the commit otherwise.
    """
    delta = open_table(root, table)
    write_deltalake(delta, frame, mode="overwrite", predicate=where, schema_mode="merge", writer_properties=WRITER)
    return DeltaTable(str(root / table)).version()
