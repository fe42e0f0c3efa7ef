"""Lines kept as objects, since an object cannot grow: numbered from 1, each created once and never changed."""

from collections.abc import Callable, Sequence

from data.storage.object_path import ObjectPath

DIGITS = 8


def read_objects(folder: ObjectPath) -> list[bytes]:
    """Return the lines, oldest first; none where there are none yet."""
    return [path.read_bytes() for path in sorted(folder.rglob("*"))]


def append_object(folder: ObjectPath, line: bytes, allowed: Callable[[Sequence[bytes]], None]) -> None:
    """Append a line after all that are there.

    `allowed` gets the lines before it and raises where it must not be added. Who finds the next number taken has not seen
    the line that took it, and looks again.
    """
    while True:
        lines = read_objects(folder)
        allowed(lines)
        if (folder / f"{len(lines) + 1:0{DIGITS}}").create(line):
            return
