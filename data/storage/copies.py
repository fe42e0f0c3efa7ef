"""Copies on this machine of files that lie elsewhere, for programs that read files alone: a browser, a mail."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from data.storage.object_path import ObjectPath
from data.storage.place import Place


@contextlib.contextmanager
def on_disk(path: Place) -> Iterator[Path]:
    """Give a file's path on disk for the length of a `with` block: its own, or that of a copy of the same name."""
    if not isinstance(path, ObjectPath):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="fillrate-") as folder:
        yield _copied(path, Path(folder))


def lasting_on_disk(path: Place) -> Path:
    """Return a file's path on disk: its own, or that of a copy in the folder for temporary files, which the system clears."""
    if not isinstance(path, ObjectPath):
        return path.resolve()
    return _copied(path, Path(tempfile.mkdtemp(prefix="fillrate-")))


def _copied(path: ObjectPath, folder: Path) -> Path:
    copy = folder / path.name
    copy.write_bytes(path.read_bytes())
    return copy
