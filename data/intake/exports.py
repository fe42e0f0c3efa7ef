"""Reads the reports that feed an input table: rows by preset, put together, then parsed and sorted out like any file's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from data.contracts import PROVENANCE
from data.intake.files import FileRead, Reading, read_opened
from data.messages import PlanMessage
from data.presets.combining import combine
from data.presets.reading import ReadExport, read_export, recognised, tables_of, unrecognised
from data.presets.recognising import ExportFile, find_exports
from data.presets.registry import PRESETS
from data.settings import ExportsInput, InputsSettings
from data.sources.opened import OpenTable, Rows, no_rows

TOLD_WITH = "sales"
"""Table with whose delivery it is said what each file was taken for: it is there every night."""


def exports_of(inputs: InputsSettings, table: str) -> dict[str, ExportFile]:
    """Return the recognised reports that feed `table`, by name; none for tables that no preset feeds."""
    if not any(table in preset.tables for preset in PRESETS.values()):
        return {}
    return {found.name: found for found in find_exports(inputs) if table in tables_of(found)}


def about_exports(inputs: InputsSettings, table: str) -> list[PlanMessage]:
    """Return what there is to say with a delivery of `table` about the files in the folder of exports."""
    found = find_exports(inputs) if table == TOLD_WITH else []
    return [replace(message, table=message.table or table) for message in (*recognised(found), *unrecognised(found))]


def read_exports(how: Reading, settings: ExportsInput, exports: Mapping[str, ExportFile], names: Sequence[str]) -> list[FileRead]:
    """Return the rows of reports, one part per file; where several tell the same it is settled which counts before any is parsed."""
    read = {name: read_export(exports[name], how.table, settings, how.today) for name in names}
    ranks = {key: rank for rank, key in enumerate(PRESETS)}
    frames = [
        made.frame.with_columns(source_file=pl.lit(name), rank=pl.lit(ranks[exports[name].preset or ""]), taken=pl.lit(made.taken))
        for name, made in read.items()
    ]
    parts: dict[tuple[object, ...], pl.DataFrame] = {}
    if frames:
        parts = combine(how.table, pl.concat(frames, how="diagonal")).partition_by("source_file", as_dict=True, maintain_order=True)
    return [_part(how, name, parts.get((name,)), made) for name, made in read.items()]


def fill_own(own: Sequence[FileRead], exported: Sequence[FileRead], key: str = "sku") -> list[FileRead]:
    """Return all parts with what the user's own rows leave open filled from reports, and rows of reports only where he has none."""
    reports = pl.concat([part.frame for part in exported]).unique(key, keep="first", maintain_order=True)
    others = [name for name in reports.columns if name not in (key, *PROVENANCE)]
    filled = [
        replace(
            part,
            frame=part.frame.join(reports.drop(PROVENANCE), on=key, how="left", suffix="_told", maintain_order="left")
            .with_columns(pl.coalesce(name, f"{name}_told").alias(name) for name in others)
            .select(part.frame.columns),
        )
        for part in own
    ]
    known = pl.concat([part.frame.select(key) for part in own])
    return [*filled, *(replace(part, frame=part.frame.join(known, on=key, how="anti", maintain_order="left")) for part in exported)]


def _part(how: Reading, name: str, rows: pl.DataFrame | None, made: ReadExport) -> FileRead:
    """Parse what a file has left to say."""
    if rows is None:
        opened = OpenTable((), no_rows, "line", messages=made.messages)
        return replace(read_opened(how, name, opened), nothing_to_say=not made.empty)
    lines, frame = rows["source_line"], rows.drop("source_file", "source_line")
    columns = tuple(frame.columns)

    def read_rows(wanted: Mapping[str, int]) -> Rows:
        return Rows(frame.select(pl.col(columns[position]).alias(target) for target, position in wanted.items()), lines)

    return read_opened(how, name, OpenTable(columns, read_rows, "line", messages=made.messages))
