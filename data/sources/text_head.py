"""The header of a text table from its first bytes alone, where the whole file need not be read to know what it is."""

from pathlib import Path

from data.sources.dialect import SAMPLE, find_dialect, to_utf8


def text_header(path: Path, expected: frozenset[str]) -> tuple[str, ...]:
    """Return the fields of the header; empty when there is none.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(SAMPLE)
        if stream.read(1) and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
            head = head[: head.rfind(b"\n") + 1] or head  # a character cut in two would look like another encoding
    content, _ = to_utf8(head)
    return find_dialect(content, expected).header
