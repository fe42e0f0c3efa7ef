"""Writes that a reader sees as a whole or not at all.

On disk they survive a kill and a power cut: to a name no reader looks at, to the disk, then under their own name. A store
takes an object as a whole or not at all by itself.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO

from data.storage import ObjectPath, Place

FILE_MODE = 0o644
FOLDER_MODE = 0o755
UNFINISHED_FOLDERS = (".*.writing", ".*.replaced")
"""What `replace_folder` leaves beside a folder when it is killed."""


def sync(path: Path) -> None:
    """Wait until what `path` (a file or folder) holds is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_text(path: Place, text: str) -> None:
    """Make `path` hold `text`; a reader sees what it held before or all of it."""
    with replace_bytes(path) as file:
        file.write(text.encode())


@contextlib.contextmanager
def replace_bytes(path: Place, *, lasting: bool = True) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` when the block ends without an error; until then a reader sees what was there.

    With `lasting` false it need not outlive a power cut, and nobody waits for the disk.
    """
    if isinstance(path, ObjectPath):
        content = BytesIO()
        yield content
        path.write_bytes(content.getvalue())
        return
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.chmod(FILE_MODE)
        if lasting:
            sync(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    if lasting:
        sync(path.parent)


def replace_folder(folder: Place, files: Mapping[str, bytes], last: str) -> None:
    """Make `folder` hold these files, of which `last` is what makes it whole: a reader sees all of them or no `last`."""
    if isinstance(folder, ObjectPath):
        (folder / last).unlink()
        folder.remove_below()
        for name in sorted(files, key=lambda name: (name == last, name)):
            (folder / name).write_bytes(files[name])
        return
    staging, replaced = (folder.with_name(f".{folder.name}.{state}") for state in ("writing", "replaced"))
    remove_folder(staging)
    staging.mkdir(parents=True)
    for name, content in files.items():
        (staging / name).write_bytes(content)
        sync(staging / name)
    remove_folder(replaced)
    # Moved aside whole: a folder that is being removed would look like one that lacks some of its files.
    if folder.exists():
        folder.rename(replaced)
    staging.rename(folder)
    remove_folder(replaced)


def remove_folder(folder: Place) -> None:
    """Remove a folder with all in it, where it is there; what cannot be removed stays."""
    if isinstance(folder, ObjectPath):
        folder.remove_below()
    else:
        shutil.rmtree(folder, ignore_errors=True)


def replace_symlink(path: Path, target: str) -> None:
    """Make `path` a symlink to `target`; a reader sees the one before or this one, never none."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    partial.symlink_to(target)
    partial.replace(path)
    sync(path.parent)


def sha256_of(path: Place) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
