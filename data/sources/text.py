"""Opens text tables: CSV, TSV and their kin, every field as text."""

from collections.abc import Mapping

import polars as pl

from data.errors import InputError
from data.messages import PlanMessage
from data.sources.binary_kinds import binary_kind
from data.sources.dialect import Dialect, fields, find_dialect, to_utf8
from data.sources.opened import Opening, OpenTable, Rows, no_rows

Content = tuple[bytes, Dialect]

LONGEST_LINE = 1 << 20
"""Bytes of a file without a line end from which it is taken for damaged."""


def open_text(opening: Opening) -> OpenTable:
    """Return a text table; its rows are counted in lines of the file.

    Raises
    ------
    InputError
        If the file cannot be read from disk, or is no text table.
    """
    try:
        raw = _content(opening)
    except OSError as error:
        raise InputError(f"{opening.name}: cannot be read ({error.strerror or error}). Check that it is there and may be read.") from error
    if (kind := binary_kind(raw)) is not None:
        raise InputError(
            f"{opening.name}: is {kind} under the name of a text table. Unpack it or give it its own ending, or export the table as .csv."
        )
    content, encoding = to_utf8(raw)
    dialect = find_dialect(content, opening.expected)
    messages: tuple[PlanMessage, ...] = ()
    if encoding != "utf-8":
        messages = (
            PlanMessage(
                code="not_utf8",
                severity="info",
                table=opening.table,
                message=f"{opening.name} is not UTF-8: it was read as {encoding}.",
                fix="Check item names with accents; export the file as UTF-8 if they are wrong.",
            ),
        )
    if not dialect.header:
        return OpenTable((), no_rows, "line", messages=messages)

    def read(wanted: Mapping[str, int]) -> Rows:
        return _read(content[dialect.start :], dialect, wanted)

    return OpenTable(dialect.header, read, "line", commas_are_decimal=dialect.separator == ";", messages=messages)


def _content(opening: Opening) -> bytes:
    """Read a file as long as it has lines; one without is given up early, however long it is."""
    pieces: list[bytes] = []
    with opening.path.open("rb") as stream:
        while piece := stream.read(LONGEST_LINE):
            if len(piece) == LONGEST_LINE and b"\n" not in piece and b"\r" not in piece:
                raise InputError(
                    f"{opening.name}: has a line of over {LONGEST_LINE >> 20} MiB after line {sum(map(_lines_in, pieces))}; "
                    "lines of a table are shorter. The file is damaged or no table: export it again."
                )
            pieces.append(piece)
    return b"".join(pieces)


def _lines_in(piece: bytes) -> int:
    return piece.count(b"\n") or piece.count(b"\r")


def _read(content: bytes, dialect: Dialect, wanted: Mapping[str, int]) -> Rows:
    """Read by the fast parser; a file it refuses, or whose quotes swallow whole lines, is taken line by line."""
    # The parser counts fields only up to the last one asked for: without it "1,5" in an unquoted line would pass as 1.
    asked = sorted({*wanted.values(), len(dialect.header) - 1})
    physical = content.count(b"\n") + (not content.endswith(b"\n"))
    if b'%b "' % dialect.separator.encode() in content:  # a blank before a quote, which the fast parser takes for part of the field
        return _read_line_by_line(content, dialect, wanted)
    try:
        frame = _parse(content, dialect, asked)
        if frame.height == physical:
            return Rows(_named(frame.slice(1), wanted, asked), _lines(dialect, physical).slice(1))
        frame = _parse(content, dialect, None)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return _read_line_by_line(content, dialect, wanted)
    breaks = frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0))).to_series().cast(pl.Int64)
    if _swallows_lines(frame, dialect.separator) or frame.height + int(breaks.sum()) != physical:
        return _read_line_by_line(content, dialect, wanted)
    lines = dialect.header_line + pl.int_range(frame.height, dtype=pl.Int64, eager=True) + (breaks.cum_sum() - breaks)
    return Rows(_named(frame.slice(1), wanted, list(range(frame.width))), lines.slice(1))


def _parse(content: bytes, dialect: Dialect, positions: list[int] | None) -> pl.DataFrame:
    return pl.read_csv(content, has_header=False, infer_schema=False, separator=dialect.separator, columns=positions)


def _named(frame: pl.DataFrame, wanted: Mapping[str, int], positions: list[int]) -> pl.DataFrame:
    return frame.select(frame.to_series(positions.index(position)).alias(name) for name, position in wanted.items())


def _lines(dialect: Dialect, count: int) -> pl.Series:
    return pl.int_range(dialect.header_line, dialect.header_line + count, dtype=pl.Int64, eager=True)


def _swallows_lines(frame: pl.DataFrame, separator: str) -> bool:
    """Whether a quoted field holds what looks like whole rows: a quote was opened that never was meant as one."""
    least = max(frame.width - 1, 1)
    within = pl.all().str.contains("\n", literal=True) & (pl.all().str.count_matches(separator, literal=True) >= least)
    return bool(frame.select(pl.any_horizontal(within.fill_null(False)).any()).item())


def _read_line_by_line(content: bytes, dialect: Dialect, wanted: Mapping[str, int]) -> Rows:
    """Take each line as a row of its own, so that one damaged line costs no other; only odd lines are looked at singly."""
    width = len(dialect.header)
    separator = dialect.separator
    text = pl.Series("line", content.decode("utf-8", errors="replace").removesuffix("\n").split("\n")).str.strip_chars_end("\r").slice(1)
    frame = pl.DataFrame([text, _lines(dialect, text.len() + 1).slice(1).alias("at")])
    odd = pl.col("line").str.contains('"', literal=True) | (pl.col("line").str.count_matches(separator, literal=True) >= width)
    columns = [f"field_{position}" for position in range(width)]
    plain = frame.filter(~odd).select(
        "at", pl.lit(False).alias("damaged"), pl.col("line").str.split_exact(separator, width - 1).alias("split")
    )
    plain = plain.with_columns(pl.col("split").struct.rename_fields(columns)).unnest("split")
    taken = [(at, *_odd_line(line, separator, width)) for at, line in frame.filter(odd).select("at", "line").iter_rows()]
    schema = {"at": pl.Int64, "damaged": pl.Boolean, **dict.fromkeys(columns, pl.String)}
    rows = pl.concat([plain.select(list(schema)), pl.DataFrame(taken, schema=schema, orient="row")]).sort("at")
    named = rows.select(pl.col(columns[position]).replace("", None).alias(name) for name, position in wanted.items())
    return Rows(named, rows["at"], rows["damaged"] if rows["damaged"].any() else None)


def _odd_line(line: str, separator: str, width: int) -> tuple[bool | str | None, ...]:
    """Whether a line is damaged, and its fields, as many as the header has."""
    found = fields(line, separator)
    if len(found) != width and len(unquoted := line.split(separator)) == width:
        found = unquoted
    spare = any(field.strip() for field in found[width:])
    unclosed = len(found) < width and line.count('"') % 2 == 1
    return (spare or unclosed, *(found + [None] * width)[:width])
