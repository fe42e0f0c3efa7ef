"""Write published nights to the database that `output.database_schema` asks for. It comes after the files, and never harms them."""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from data.database.addresses import Address, output_address
from data.database.errors import DatabaseError
from data.database.sink import write_run, written_runs
from data.published import PublishError, RunPaths, find_run, read_manifest, runs
from flows.settings import Settings

TO_BE_WRITTEN = "The files are published; the next night writes to the database what it lacks, and so does `fillrate database CONFIG`."

log = logging.getLogger("fillrate")


@dataclass(frozen=True)
class Written:
    """What came of writing runs: the ids of those written, oldest first, and what kept others from being written."""

    schema: str
    runs: tuple[str, ...]
    problem: str | None = None


def write_runs(settings: Settings, only: Collection[str] = ()) -> Written | None:
    """Write the nights that the database lacks, oldest first, each as one transaction; None where no database is asked for.

    A night that could not be written waits: whatever is published next, or `fillrate database`, writes it too.

    Parameters
    ----------
    settings
        Of the run.
    only
        Ids of the runs to write instead, whether the database has them or not.

    Raises
    ------
    PublishError
        If a run of `only` is not there.
    """
    schema = settings.output.database_schema
    if schema is None:
        return None
    chosen = [find_run(settings.output.path, run_id) for run_id in only]
    done: list[str] = []
    problems: list[str] = []
    try:
        address = output_address()
        for run in chosen or _missing(address, settings):
            try:
                write_run(address, schema, run)
            except (DatabaseError, PublishError) as error:
                if isinstance(error, DatabaseError) and error.of_connection:
                    raise
                problems.append(f"run {run.run_id}: {error}")  # of this run alone: it must not keep later ones from being written
            else:
                done.append(run.run_id)
                log.info("database %s: run %s", schema, run.run_id)
    except (DatabaseError, PublishError) as error:
        problems.append(str(error))
    except Exception as error:  # the files are published, whatever a driver trips over
        problems.append(f"{type(error).__name__}: {error}")
        log.debug("writing to the database failed", exc_info=True)
    if not problems:
        return Written(schema, tuple(done))
    problem = problems[0] + (f" And {len(problems) - 1} more runs." if len(problems) > 1 else "")
    log.warning("not written to the database: %s %s", problem, TO_BE_WRITTEN)
    return Written(schema, tuple(done), problem)


def database_trouble(settings: Settings) -> str | None:
    """Return why nights could not be written to the database now; None where they could, or none is asked for."""
    if settings.output.database_schema is None:
        return None
    try:
        written_runs(output_address(), settings.output.database_schema)
    except DatabaseError as error:
        return str(error)
    return None


def _missing(address: Address, settings: Settings) -> list[RunPaths]:
    """The published nights whose config asks for the schema and that it lacks, oldest first: never reruns, nor runs of some regions."""
    schema = str(settings.output.database_schema)
    known = written_runs(address, schema)
    manifests = {run: read_manifest(run) for run in reversed(runs(settings.output.path)) if run.run_id not in known}
    return [
        run
        for run, manifest in manifests.items()
        if manifest["kind"] == "nightly" and manifest["config"]["output"].get("database_schema") == schema
    ]
