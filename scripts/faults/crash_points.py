"""The named moments of a night at which a process is killed: every boundary between two things that must not come apart.

A moment is a call of a function of the product, before it or after it. Nothing of the product knows of them.
"""

import functools
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from data.storage import ObjectPath


class UnknownFunction(Exception):
    """A crash point names a function that is not there any more; the message says which."""


@dataclass(frozen=True)
class CrashPoint:
    """A moment of a night.

    part: of the night; moment: what it is, in words; function: `module:name`, as the module that calls it knows it; when: before or
    after the call; given: only a call with an argument that is this text, or a path whose name holds it; call: which of such calls.
    """

    part: str
    moment: str
    function: str
    when: Literal["before", "after"]
    given: str = ""
    call: int = 1

    @property
    def on_disk(self) -> bool:
        """Whether a night on a disk comes there, that has neither a database nor an object store."""
        return self.part not in ("database", "store")


CRASH_POINTS = (
    # Taking deliveries in: data, then bad rows, then the record, each one commit.
    CrashPoint("ingest", "locations committed, no history moved yet", "data.lake.lake:move_history", "before"),
    CrashPoint("ingest", "the history of one table moved to another region, the others not", "data.lake.regions:_move_in_table", "after"),
    CrashPoint("ingest", "all history moved, locations not recorded", "data.lake.ledger:record", "before", "locations"),
    CrashPoint("ingest", "locations recorded", "data.lake.ledger:record", "after", "locations"),
    CrashPoint("ingest", "sales read, nothing committed", "data.lake.delta:overwrite", "before", "sales"),
    CrashPoint("ingest", "sales committed, bad rows not kept", "data.lake.delta:overwrite", "after", "sales"),
    CrashPoint("ingest", "bad rows of sales kept, sales not recorded", "data.lake.ledger:record", "before", "sales"),
    CrashPoint("ingest", "sales recorded with how far they were read", "data.lake.ledger:record", "after", "sales"),
    CrashPoint("ingest", "items replaced, not recorded", "data.lake.delta:overwrite", "after", "items"),
    CrashPoint("ingest", "a new table made, not recorded", "data.lake.delta:append", "after", "availability"),
    CrashPoint("ingest", "stock appended, not recorded", "data.lake.delta:append", "after", "stock"),
    CrashPoint("ingest", "a record begun", "data.lake.delta:append_record", "before", "deliveries"),
    # Compaction.
    CrashPoint("compaction", "sales not compacted yet", "data.lake.upkeep:compact", "before", "sales"),
    CrashPoint("compaction", "sales compacted, other tables not", "data.lake.upkeep:compact", "after", "sales"),
    CrashPoint("compaction", "all compacted", "flows.stages.ingest:tidy", "after"),
    # Planning and training.
    CrashPoint("training", "a night planned, its workspace not begun", "data.workspace:Workspace.begin", "before"),
    CrashPoint("training", "a workspace begun", "data.workspace:Workspace.begin", "after"),
    CrashPoint("training", "a sample in the workspace", "flows.stages.train:sample_region", "after"),
    CrashPoint("training", "shared trees trained, not saved", "flows.stages.train:save_shared", "before"),
    CrashPoint("training", "the files of a model written, the model not there", "pathlib:Path.rename", "before", ".writing"),
    CrashPoint("training", "shared trees saved, not judged", "flows.stages.train:save_shared", "after"),
    CrashPoint("training", "one region's trees saved", "flows.stages.train:save_region", "after"),
    CrashPoint("training", "a model moved aside for the one that replaces it", "pathlib:Path.rename", "after", ".replaced"),
    CrashPoint("training", "models judged and not held against those in use", "flows.stages.challenge:challenge", "before"),
    CrashPoint("training", "models held against those in use", "flows.stages.challenge:challenge", "after"),
    CrashPoint("training", "one region decided, the other not", "flows.stages.decide:decide_region", "after"),
    # Publishing.
    CrashPoint("publishing", "the output noted in the lake", "flows.stages.publish:remember_output", "after"),
    CrashPoint("publishing", "a run's folder staged and empty", "data.published.run_folder:RunFolder.write_frame", "before"),
    CrashPoint("publishing", "some of a run's files staged", "data.published.run_folder:RunFolder.write_frame", "after", "recommendations"),
    CrashPoint("publishing", "all of a run's files staged, no manifest", "flows.stages.publish:write_workbook", "after"),
    CrashPoint("publishing", "the manifest written, the folder not named", "data.published.run_folder:RunFolder._publish", "before"),
    CrashPoint("publishing", "the folder named, the pointer not moved", "data.published.publish:move_latest", "before"),
    CrashPoint("publishing", "the link moved, latest.json not", "data.published.pointer:replace_symlink", "after"),
    CrashPoint("publishing", "the pointer moved", "data.published.publish:move_latest", "after"),
    CrashPoint("publishing", "published, the workspace still there", "data.workspace:Workspace.end", "before"),
    CrashPoint("publishing", "the workspace removed", "data.workspace:Workspace.end", "after"),
    # Clean-up and retention.
    CrashPoint("clean-up", "runs noted whose inputs go", "flows.stages.housekeeping:_note", "after"),
    CrashPoint("clean-up", "one table vacuumed, others not", "data.lake.upkeep:vacuum", "after", "sales"),
    CrashPoint("clean-up", "a model's shared part removed, its regions' not", "data.model_store:remove_folder", "after"),
    CrashPoint("clean-up", "cleaned up", "flows.stages.housekeeping:clean_up", "after"),
    CrashPoint("retention", "a run noted as removed, still there", "flows.stages.retention:retire", "after"),
    CrashPoint("retention", "a run moved aside, not removed", "data.published.retired:shutil.rmtree", "before"),
    CrashPoint("retention", "a run removed", "flows.stages.retention:remove_run", "after"),
    # The tables of a database.
    CrashPoint("database", "a run not yet written to the database", "flows.stages.database:write_run", "before"),
    CrashPoint("database", "the database's tables made, no rows", "data.database.sink:prepare", "after"),
    CrashPoint("database", "some tables of a run copied, not committed", "data.database.sink:_copy", "after", call=3),
    CrashPoint("database", "a run in the database, the night not over", "flows.stages.database:write_run", "after"),
    # An object store, which has no renames.
    CrashPoint("store", "a record in the store begun", "data.lake.delta:append_record", "before", "deliveries", 3),
    CrashPoint("store", "some files of a model in the store", "data.storage.object_path:ObjectPath.write_bytes", "after", "final-"),
    CrashPoint("store", "some files of a run in the store", "data.storage.object_path:ObjectPath.write_bytes", "after", "alerts"),
    CrashPoint("store", "a run in the store without its manifest", "data.storage.object_path:ObjectPath.create", "before", "manifest.json"),
    CrashPoint("store", "a run in the store, the pointer not moved", "data.published.publish:move_latest", "before"),
    CrashPoint("store", "an old run without its manifest", "data.storage.object_path:ObjectPath.unlink", "after", "manifest.json"),
)  # fmt: skip
"""In the order in which a night comes to them."""


def point(moment: str) -> CrashPoint:
    """Return the crash point of that name."""
    return next(one for one in CRASH_POINTS if one.moment == moment)


def resolve(function: str) -> tuple[Any, str, Callable[..., Any]]:
    """Return what holds a function, its name there, and the function.

    Raises
    ------
    UnknownFunction
        If there is no such function.
    """
    module, _, path = function.partition(":")
    *parents, name = path.split(".")
    try:
        owner = importlib.import_module(module)
        for parent in parents:
            owner = getattr(owner, parent)
        found = inspect.getattr_static(owner, name)
    except (ImportError, AttributeError) as error:
        raise UnknownFunction(f"crash point {function}: {error}. It was renamed or moved: name it anew in {__name__}") from error
    if not inspect.isfunction(found):
        raise UnknownFunction(f"crash point {function} is a {type(found).__name__}, no plain function or method")
    return owner, name, found


def arm(crash: CrashPoint, strike: Callable[[], None]) -> None:
    """Let `strike` be called at the moment."""
    owner, name, function = resolve(crash.function)
    calls = 0

    @functools.wraps(function)
    def struck(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        concerned = not crash.given or any(_is(crash.given, argument) for argument in (*arguments, *named.values()))
        calls += concerned
        here = concerned and calls == crash.call
        if here and crash.when == "before":
            strike()
        result = function(*arguments, **named)
        if here and crash.when == "after":
            strike()
        return result

    setattr(owner, name, struck)


def _is(given: str, argument: object) -> bool:
    return argument == given if isinstance(argument, str) else isinstance(argument, PurePath | ObjectPath) and given in argument.name
