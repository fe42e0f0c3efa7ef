"""Tells whether files were written to while they were read: then what was read is neither what was there nor what is."""

from collections.abc import Mapping

from data.errors import InputError
from data.storage import ObjectPath, Place

LastChange = tuple[int, int]
"""Size in bytes and time of the last change, nanoseconds."""


def last_changes(files: Mapping[str, Place]) -> dict[str, LastChange]:
    """Return size and last change of each file on disk by its name; objects of a store are whole or not there."""
    return {name: _look(name, path) for name, path in files.items() if not isinstance(path, ObjectPath)}


def refuse_changed(files: Mapping[str, Place], before: Mapping[str, LastChange]) -> None:
    """Return if no file has changed since `before`.

    Raises
    ------
    InputError
        If one has.
    """
    for name, known in before.items():
        now = _look(name, files[name])
        if now != known:
            raise InputError(
                f"{name}: is still being written: it had {known[0]:,} bytes when its reading began and has {now[0]:,} now. "
                "Run again once it is complete; let programs write under another name, such as one ending in .part, and rename it then."
            )


def _look(name: str, path: Place) -> LastChange:
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror or error}). Check that it is there and may be read.") from error
    return status.st_size, status.st_mtime_ns
