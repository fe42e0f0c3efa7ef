"""Files that are damaged: of the lake, of models, and the pointer."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from deltalake import DeltaTable

from scripts.faults.ground import Ended, Ground, night
from scripts.made_shop import Shop

Damage = Callable[[Path], None]


def garbled(path: Path) -> None:
    """Let a file hold other bytes."""
    path.write_bytes(b"?" * path.stat().st_size)


def cut_short(path: Path) -> None:
    """Let a file end early."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    """Let a file hold nothing, as a power cut leaves it."""
    path.write_bytes(b"")


def removed(path: Path) -> None:
    """Remove a file."""
    path.unlink()


DAMAGES: dict[str, Damage] = {damage.__name__.replace("_", " "): damage for damage in (garbled, cut_short, emptied, removed)}
LAKE_TABLES = ("sales", "stock", "items", "inbound", "deliveries")
LAKE_FILES = tuple(f"{damage} rows of {table}" for table in LAKE_TABLES for damage in ("garbled", "cut short", "removed")) + tuple(
    f"{damage} commit of {table}" for table in LAKE_TABLES for damage in ("garbled", "emptied")
)
MODEL_FILES = tuple(
    f"{damage} {file}"
    for file in ("_shared/*/model.json", "_shared/*/final-shallow.txt", "_shared/*/errors.parquet", "north/*/model.json")
    for damage in ("garbled", "cut short")
)
POINTERS = (
    "latest.json garbled",
    "latest.json cut short",
    "latest.json emptied",
    "latest.json removed",
    "latest.json a number",
    "latest dangling",
)


def lake_file(ground: Ground, shop: Shop, name: str) -> list[str]:
    """Damage a file that the newest version of a table needs; a night must say so, and one with the file put back must heal."""
    damage, table = name.rpartition(" of ")[::2]
    what, kind = damage.rpartition(" ")[::2]
    if kind == "rows":
        path = Path(sorted(DeltaTable(str(shop.lake / table)).file_uris())[0])
    else:
        path = sorted((shop.lake / table / "_delta_log").glob("*.json"))[-1]
    DAMAGES[what](path)
    problems = is_told(night(shop), table)
    # What it may have done to others besides: a lake is put back as a whole.
    shutil.rmtree(shop.lake)
    shutil.copytree(ground.eve / "lake", shop.lake)
    return problems


def model_file(_: Ground, shop: Shop, name: str) -> list[str]:
    """Damage a file of the newest models, on a night on which they are not due: it must train anew, and say why."""
    what, pattern = name.rsplit(" ", 1)
    DAMAGES[what](sorted((shop.lake / "models").glob(pattern))[-1])
    ended = night(shop, "--set", "forecast.retrain_every_days=7")
    if ended.code:
        return [f"the night ended with {ended.code}: {ended.last_line}"]
    return [] if "are not used, and trained anew" in ended.said else [f"nothing is said of the damaged models: {ended.said}"]


def pointer(_: Ground, shop: Shop, name: str) -> list[str]:
    """Damage the pointer; whoever asks for the newest run must be told or served, and a night must mend it."""
    what, damage = name.split(" ", 1)
    path = shop.out / what
    if what == "latest":
        path.unlink()
        path.symlink_to("runs/gone")
    elif damage == "a number":
        path.write_text(json.dumps({"run_id": 5}))
    else:
        DAMAGES[damage](path)
    return []


def is_told(ended: Ended, *words: str) -> list[str]:
    """Return what is wrong with how a night ended that had to fail: at best a region of it, with one clear line."""
    line = ended.last_line
    problems = []
    if ended.code not in (1, 2):
        problems.append(f"the night ended with {ended.code}")
    if "Traceback" in ended.said or "a fault of fillrate" in ended.said:
        problems.append(f"it ended without a clear message: {ended.said[-300:]}")
    if ended.code == 1 and not line.startswith("fillrate: "):
        problems.append(f"its last line is no message: {line}")
    return problems + [f"the message does not name {word}: {ended.said[-300:]}" for word in words if word not in ended.said]
