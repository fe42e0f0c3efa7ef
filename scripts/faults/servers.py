"""Nights that lose the database or the object store under way, or are killed while they write there."""

import contextlib
import os
import signal
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from data.database.run_tables import KEYS, RUNS
from data.published import read_frame, runs
from data.storage import place
from scripts.faults.crash_points import CRASH_POINTS
from scripts.faults.damage import is_told
from scripts.faults.eve import SATURDAY, SUNDAY
from scripts.faults.ground import CannotHappenHere, Ended, Ground, begin, night, stopped
from scripts.faults.kills import kill_again_and_again
from scripts.faults.matrix import Fault, Strike, undergo
from scripts.faults.reader import Reader
from scripts.faults.verdict import Verdict, judge, rows_of
from scripts.made_shop import Shop
from scripts.object_store import ObjectStore, missing_programs, object_store
from scripts.postgres_server import NoServer, PostgresServer, postgres_server

SCHEMA = "fillrate"
LOCK_SECONDS = 2
DATABASE_MOMENTS = tuple(f"point:{crash.moment}" for crash in CRASH_POINTS if crash.part == "database")
STORE_MOMENTS = tuple(f"point:{crash.moment}" for crash in CRASH_POINTS if crash.part == "store")
TAKEN_IN = {f"{prefix}{day}" for prefix in ("until-", "") for day in (SATURDAY, SUNDAY)}
"""Files of the nights before."""
STORE_LOST_AT = (
    "point:sales committed, bad rows not kept",
    "point:shared trees saved, not judged",
    "point:a run in the store, the pointer not moved",
)


def with_servers(ground: Ground, folder: Path) -> Iterator[Verdict | CannotHappenHere]:
    """Undergo every fault of a database and of an object store, on servers of one's own."""
    try:
        with postgres_server() as server:
            kinds = database_kinds(server)
            for number, (kind, moment) in enumerate((kind, moment) for kind in kinds for moment in DATABASE_MOMENTS):
                yield undergo(ground, Fault(kind, moment), folder / f"database-{number}", kinds)
    except NoServer as reason:
        yield CannotHappenHere(str(reason))
    if missing := missing_programs():
        yield CannotHappenHere(f"an object store needs {missing[0]}: scripts/install_object_store installs it")
        return
    (folder / "store").mkdir()
    with object_store(folder / "store") as store:
        ground = ground_in_store(ground, folder / "alone", store)
        for number, moment in enumerate(STORE_MOMENTS):
            yield undergo_in_store(ground, Fault("killed at a store", moment), folder / f"store-{number}", store)
        for number, moment in enumerate(STORE_LOST_AT):
            yield undergo_in_store(ground, Fault("store lost", moment), folder / f"lost-{number}", store)


def database_kinds(server: PostgresServer) -> dict[str, Strike]:
    """Return the kinds of faults of a night that writes to the database of a server."""
    return {
        "killed at a database": partial(_with_database, server, _killed),
        "database lost": partial(_with_database, server, partial(_lost, server)),
    }


def _with_database(server: PostgresServer, strike: Callable[[Shop, str], list[str]], _: Ground, shop: Shop, moment: str) -> list[str]:
    """Let a fault strike a night that writes to an empty database; the next one must write what is missing, once."""
    name = f"shop_{uuid.uuid4().hex}"
    server.execute(f"CREATE DATABASE {name}")
    config = shop.config.read_text()
    shop.config.write_text(config.replace("[output]\n", f'[output]\ndatabase_schema = "{SCHEMA}"\n'))
    with _environment({"FILLRATE_DATABASE_URL": server.url(name)}):
        problems = strike(shop, moment)
        healed = night(shop)
        problems += [] if healed.code == 0 else [f"the next night ended with {healed.code}: {healed.last_line}"]
        problems += _not_as_in_the_files(server, name, shop)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    shop.config.write_text(config)
    return problems


def _killed(shop: Shop, moment: str) -> list[str]:
    return kill_again_and_again(shop, [moment])


def _lost(server: PostgresServer, shop: Shop, moment: str) -> list[str]:
    """Stop the server at a moment: the night must be published all the same, and say what the database lacks."""
    ended = _stopped_at(shop, moment, server.stop)
    server.start()
    problems = [] if ended.code == 0 else [f"the night ended with {ended.code}: {ended.last_line}"]
    # Once the run is in the database there is nothing left to say.
    told = "not written to the database" in ended.said or moment == DATABASE_MOMENTS[-1]
    return problems if told else [*problems, f"nothing is said of the database: {ended.said[-300:]}"]


def _not_as_in_the_files(server: PostgresServer, database: str, shop: Shop) -> list[str]:
    """Return the tables that do not hold each of tonight's runs as often as its files do."""
    problems = []
    written = [run for run in runs(shop.out) if '"database_schema": null' not in run.manifest.read_text()]
    for table in KEYS:
        # What only some runs publish has no rows in the others.
        there = [run for run in written if table == RUNS or (run.path / f"{table}.parquet").is_file()]
        expected = sorted((run.run_id, 1 if table == RUNS else read_frame(run, table).height) for run in there)
        expected = [row for row in expected if row[1]]
        found = server.execute(f"SELECT run_id, count(*) FROM {SCHEMA}.{table} GROUP BY 1 ORDER BY 1", database=database)  # noqa: S608
        if expected != [tuple(row) for row in found]:
            problems.append(f"{table} in the database holds {found}, published are {expected}")
    return problems


def ground_in_store(ground: Ground, folder: Path, store: ObjectStore) -> Ground:
    """Return the ground for faults at a store: the lake's record of deliveries knows files there by another mark than on a disk.

    What is published is still held against the night on the disk.
    """
    shop, bucket = ground.shop(folder), f"alone-{uuid.uuid4().hex}"
    store.make_bucket(bucket)
    with _environment(store.environment):
        move_to(f"s3://{bucket}", shop)
        ended = night(shop)
        assert ended.code == 0, ended.said
        return replace(ground, expected=replace(ground.expected, rows=rows_of(f"s3://{bucket}/lake")))


def undergo_in_store(ground: Ground, fault: Fault, folder: Path, store: ObjectStore) -> Verdict:
    """Let a fault strike a shop whose inputs, lake and output lie in a bucket, then run the next night, and return what it has done."""
    shop, bucket = ground.shop(folder), f"faults-{uuid.uuid4().hex}"
    store.make_bucket(bucket)
    with _environment(store.environment):
        at = f"s3://{bucket}"
        move_to(at, shop)
        with Reader(f"{at}/out") as reader:
            if fault.kind == "store lost":
                reader.pause()
                ended = _stopped_at(shop, fault.name, store.gateway.stop)
                store.gateway.start()
                reader.resume()
                problems = is_told(ended, "cannot be reached")
            else:
                problems = kill_again_and_again(shop, [fault.name])
            healed = _night_when_the_lock_lapsed(shop)
        if healed.code:
            problems.append(f"the next night ended with {healed.code}: {healed.last_line}")
        return judge(str(fault), ground.expected, reader.half, f"{at}/lake", f"{at}/out", *problems)


def move_to(bucket: str, shop: Shop) -> None:
    """Put a shop's lake, output, and the deliveries that are not taken in yet into a bucket; its config stays where it is."""
    text = shop.config.read_text()
    for name in ("inputs", "lake", "out"):
        text = text.replace(f'path = "{name}"', f'path = "{bucket}/{name}"')
        for path in (shop.root / name).rglob("*"):
            known = name == "inputs" and path.stem in TAKEN_IN
            if path.is_file() and not known and "latest" not in path.relative_to(shop.root).parts:
                (place(bucket) / str(path.relative_to(shop.root))).write_bytes(path.read_bytes())
    shop.config.write_text(text.replace("[lake]\n", f"[lake]\nlock_seconds = {LOCK_SECONDS}\n"))


def _night_when_the_lock_lapsed(shop: Shop) -> Ended:
    """Run a night once the lock of one that was killed has lapsed; until then it is told who had it."""
    ended = night(shop)
    while "another run is writing to the lake" in ended.said:
        ended = night(shop)
    return ended


def _stopped_at(shop: Shop, moment: str, act: Callable[[], None]) -> Ended:
    """Run a night that stands still at a moment while something is done."""
    process = begin(shop, "SIGSTOP", moment, "run", "config.toml", "--direct")
    came = stopped(process)
    act()
    if came:
        os.kill(process.pid, signal.SIGCONT)
    said = process.communicate()[1]
    return Ended(process.returncode, said if came else f"{said}\nthe night did not come to {moment}")


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
