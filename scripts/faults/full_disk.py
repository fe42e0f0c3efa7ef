"""A disk that is full: lake and output lie on a small one of their own, on which only so much is free."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from scripts.faults.damage import is_told
from scripts.faults.ground import CannotHappenHere, Ground, night
from scripts.made_shop import Shop

FREE = tuple(f"{kilobytes} kB free" for kilobytes in (0, 16, 60, 120, 200, 300, 450, 600))
"""Less than a night needs, so that it fills up during ingest, training and publishing."""
MEGABYTES = 64
BLOCK = 4096


def full_disk(_: Ground, shop: Shop, name: str) -> list[str]:
    """Let a night find so much room; it must say that the disk is full, and the night after it, with room, heal."""
    with small_disk(shop.root / "disk") as disk:
        for folder in (shop.lake, shop.out):
            shutil.copytree(folder, disk / folder.name, symlinks=True)
            _lies_elsewhere(folder, disk / folder.name)
        _fill(disk, int(name.split()[0]) * 1024)
        ended = night(shop)
        # Room is made by moving to a larger disk.
        for folder in (shop.lake, shop.out):
            shutil.copytree(disk / folder.name, shop.root / f"new-{folder.name}", symlinks=True)
            _lies_elsewhere(folder, shop.root / f"new-{folder.name}")
    problems = [] if ended.code == 1 else [f"the night ended with {ended.code}: {ended.last_line}"]
    return problems + is_told(ended, "no room is left on the disk", "run again")


def _lies_elsewhere(folder: Path, target: Path) -> None:
    """Let a link to another place take the place of a folder in one step for whoever reads it: before it is there, nothing is."""
    if folder.is_symlink():
        folder.unlink()
    else:
        folder.rename(folder.with_name(f"old-{folder.name}"))
    folder.symlink_to(target)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk in memory for the length of a `with` block.

    Raises
    ------
    CannotHappenHere
        If that is not allowed here.
    """
    folder.mkdir()
    done = _run("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder))
    if done.returncode:
        raise CannotHappenHere(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        _run("umount", str(folder))


def _fill(disk: Path, free: int) -> None:
    """Take all room but so many bytes."""
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        with contextlib.suppress(OSError):
            while ballast.write(b"\0" * (1 << 20)):
                pass
        with contextlib.suppress(OSError):
            while ballast.write(b"\0" * BLOCK):
                pass
        ballast.truncate(max(0, ballast.tell() - free))


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - programs of the system
