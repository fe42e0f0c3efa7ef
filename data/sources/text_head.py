"""The header of a text table from its first bytes alone, where the whole file need not be read to know what it is."""

from data.sources.dialect import SAMPLE, find_dialect, to_utf8
from data.storage import ObjectPath, Place


def text_header(path: Place, expected: frozenset[str]) -> tuple[str, ...]:
    """Return the fields of the header; empty when there is none.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    head = _start(path, SAMPLE + 1)
    if len(head) > SAMPLE:
        head = head[:SAMPLE]
        if not head.startswith((b"\xff\xfe", b"\xfe\xff")):
            head = head[: head.rfind(b"\n") + 1] or head  # a character cut in two would look like another encoding
    content, _ = to_utf8(head)
    return find_dialect(content, expected).header


def _start(path: Place, size: int) -> bytes:
    if isinstance(path, ObjectPath):
        return path.read_start(size)
    with path.open("rb") as stream:
        return stream.read(size)
