"""Writes that survive a kill and a power cut: to a name no reader looks at, to the disk, then under their own name."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

FILE_MODE = 0o644
FOLDER_MODE = 0o755


def sync(path: Path) -> None:
    """Wait until what `path` (a file or folder) holds is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_text(path: Path, text: str) -> None:
    """Make `path` hold `text`; a reader sees what it held before or all of it."""
    with replace_bytes(path) as file:
        file.write(text.encode())


@contextlib.contextmanager
def replace_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` when the block ends without an error; until then a reader sees what was there."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.chmod(FILE_MODE)
        sync(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    sync(path.parent)


def replace_symlink(path: Path, target: str) -> None:
    """Make `path` a symlink to `target`; a reader sees the one before or this one, never none."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    partial.symlink_to(target)
    partial.replace(path)
    sync(path.parent)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
