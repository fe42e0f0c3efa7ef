"""The lake as the stages use it: take deliveries in, read tables as of a version, keep them in shape."""

import contextlib
import difflib
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from data.contracts import INPUT_TABLES
from data.errors import disk_is_full
from data.lake import delta, ledger, quarantine, upkeep
from data.lake.days import take_days
from data.lake.delivery import DeliveryResult
from data.lake.errors import LakeError
from data.lake.layout import LAYOUTS, between, in_regions
from data.lake.one_state import take_state
from data.lake.regions import move_history, region_of_fcs
from data.lake.shrunk_days import shrunk_messages
from data.messages import PlanMessage
from data.settings import Delivery, LakeSettings
from data.storage import place

if TYPE_CHECKING:
    from data.intake import Intake

OWN_TABLES = {ledger.TABLE: (ledger.SCHEMA, ["table", "sequence"]), quarantine.TABLE: (quarantine.SCHEMA, quarantine.SORT_BY)}
"""Tables that the lake keeps besides the inputs: their columns, and what they are sorted by."""


class Lake:
    """The history of every input table, one Delta table each in `<root>/<table>`.

    One run at a time (`data.lock`). It takes locations in first; other tables may then come in side by side.
    """

    def __init__(self, settings: LakeSettings) -> None:
        self.root = place(settings.path)
        self.compact_every_days = settings.compact_every_days

    def known_files(self, table: str) -> dict[str, str]:
        """Return file name → sha256 of what was taken in; of tables kept as one state the files of the newest delivery."""
        return ledger.read_ledger(self.root, table).files

    def known_mark(self, table: str) -> str | None:
        """Return how far the query of a table has been read, as its newest delivery recorded it; None where it says nothing of it."""
        return ledger.read_ledger(self.root, table).mark

    def newest_delivery(self) -> datetime | None:
        """Return when the newest delivery of any table was taken in, by the clock of then; None before the first."""
        return ledger.newest_delivery(self.root)

    def held_dates(self, table: str) -> list[date]:
        """Return the days of a table that are held back, and wait to be delivered once more."""
        return sorted({day.date for day in ledger.read_ledger(self.root, table).held_back})

    def messages(self, versions: Mapping[str, int] | None = None) -> list[PlanMessage]:
        """Return what there is to say about the newest delivery of each table, and about days still held back.

        They are recorded with the delivery, so a run that was killed and started again, and one that found nothing new,
        say the same. `versions` as from `versions()`: what was to be said then.
        """
        version = versions.get(ledger.TABLE) if versions is not None else None
        if version is None and (versions is not None or not self.exists(ledger.TABLE)):
            return []
        return [message for table in INPUT_TABLES for message in ledger.read_ledger(self.root, table, version).messages]

    def open_quarantine(self, versions: Mapping[str, int] | None = None) -> pl.DataFrame:
        """Return the quarantined rows of the newest delivery of each file: what is still wrong, not what ever was."""
        versions = self.versions() if versions is None else versions
        if quarantine.TABLE not in versions or ledger.TABLE not in versions:
            return pl.DataFrame(schema=quarantine.SCHEMA)
        newest = [
            (table, file, sequence)
            for table in INPUT_TABLES
            for file, sequence in ledger.read_ledger(self.root, table, versions[ledger.TABLE]).file_sequence.items()
        ]
        wanted = pl.DataFrame(newest, schema={"table": pl.String, "source_file": pl.String, "sequence": pl.Int64}, orient="row")
        rows = self.read(quarantine.TABLE, version=versions[quarantine.TABLE])
        return rows.join(wanted, on=wanted.columns, how="semi").sort(quarantine.SORT_BY)

    def ingest(self, intake: "Intake", *, delivery: Delivery | None, as_of_delivery: datetime) -> DeliveryResult:
        """Take one delivery of a table in: the data by one commit, then bad rows, then the record of its files.

        Whatever the moment it is killed, taking the same delivery in again leads to the same end.

        Parameters
        ----------
        intake
            The table's new and changed files as read; for tables kept as one state all of its files.
        delivery
            How it meets what is kept: `whole_days` (also for None) or `changes`. Tables without dates are replaced as a
            whole unless it is `changes`.
        as_of_delivery
            When it came in; taken as UTC if it names no zone. Kept beside the record, decides nothing.
        """
        with delta.intact(self.root, intake.table):
            return self._take_in(intake, delivery, as_of_delivery)

    def _take_in(self, intake: "Intake", delivery: Delivery | None, as_of_delivery: datetime) -> DeliveryResult:
        layout = LAYOUTS[intake.table]
        known = ledger.read_ledger(self.root, layout.table)
        files = {file.name: file.sha256 for file in intake.files}
        if layout.table != "locations":
            self._finish_moves()
        if layout.dated:
            change = take_days(
                self.root,
                layout,
                intake.frame,
                delivery=delivery or "whole_days",
                regions=region_of_fcs(self.root),
                ledger=known,
                files=files,
            )
        else:
            change = take_state(self.root, layout, intake.frame, delivery=delivery, regions=region_of_fcs(self.root))
        moved = self._settle_regions(known) if layout.table == "locations" else ()
        own = (*change.messages, *moved, *shrunk_messages(layout.table, change.held_back))
        mode = delivery or "whole_days" if layout.dated or delivery == "changes" else ledger.WHOLE_TABLE
        files_differ = known.files != files if mode == ledger.WHOLE_TABLE else not files.items() <= known.files.items()
        if change.days_changed or files_differ:
            sequence = known.sequence + 1
            quarantine.keep_bad_rows(
                self.root,
                intake.quarantine,
                delivery_id=ledger.delivery_id(layout.table, sequence, files),
                sequence=sequence,
                delivered_at=as_of_delivery,
            )
            ledger.record(
                self.root,
                layout.table,
                sequence=sequence,
                delivered_at=as_of_delivery,
                mode=mode,
                version=self._version(layout.table),
                files=files,
                held_back=change.held_back,
                messages=(*intake.messages, *own),
                mark=next((file.mark for file in intake.files if file.mark is not None), None),
            )
        return DeliveryResult(
            table=layout.table,
            version=self._version(layout.table),
            rows_added=change.rows_added,
            rows_replaced=change.rows_replaced,
            days_changed=change.days_changed,
            days_held_back=len(change.held_back),
            messages=own,
        )

    def _settle_regions(self, known: ledger.Ledger) -> tuple[PlanMessage, ...]:
        """Move history to where the newest locations put it; tell all moves since locations were last recorded."""
        before: dict[str, str] | None = {}
        if known.version is not None:
            try:
                before = dict(self.read("locations", version=known.version, columns=["fc", "region"]).iter_rows())
            except LakeError:  # vacuumed after a kill: then only the moves made now can be told
                before = None
        return move_history(self.root, region_of_fcs(self.root), before)

    def _finish_moves(self) -> None:
        """Move the history that a run killed while taking locations in has not, or rows of an fc would lie in two regions."""
        if self._version("locations") != ledger.read_ledger(self.root, "locations").version:
            move_history(self.root, region_of_fcs(self.root))

    def _version(self, table: str) -> int | None:
        with delta.intact(self.root, table):
            return delta.open_table(self.root, table).version() if self.exists(table) else None

    @staticmethod
    def empty(table: str) -> pl.DataFrame:
        """Return an input table with its columns and types and no rows."""
        return INPUT_TABLES[table].create_empty()

    def exists(self, table: str) -> bool:
        """Return whether the lake holds `table`, be it empty."""
        return delta.exists(self.root, table)

    def versions(self) -> dict[str, int]:
        """Return table → newest Delta version of every table there is, the record of deliveries and quarantine included."""
        return {table: version for table in (*INPUT_TABLES, *OWN_TABLES) if (version := self._version(table)) is not None}

    def read(
        self,
        table: str,
        *,
        version: int | None = None,
        regions: Collection[str] | None = None,
        since: date | None = None,
        until: date | None = None,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Return a table with its contract's columns and types, sorted by its key; an empty one if it is not there.

        Parameters
        ----------
        version
            Delta version; by default the newest.
        regions
            Keep rows of fcs in these regions, and rows that speak for every region. Items belong to all.
        since, until
            First and last date kept, for dated tables only.
        columns
            Columns to return, in this order; by default all.

        Raises
        ------
        LakeError
            If the table, version or a column is unknown, or dates are asked of a table without them.
        """
        schema, sort_by = self._shape(table)
        names = list(schema) if columns is None else list(columns)
        if unknown := [name for name in names if name not in schema]:
            near = difflib.get_close_matches(unknown[0], schema, n=1)
            raise LakeError(
                f"{table} has no column {unknown[0]!r}" + (f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(schema)}")
            )
        conditions: list[pl.Expr] = []
        kept = schema
        if table in LAYOUTS:
            layout = LAYOUTS[table]
            kept = layout.schema
            conditions = between(layout, since, until)
            if regions is not None and (there := in_regions(layout, regions)) is not None:
                conditions.append(there)
        elif regions is not None or since or until:
            raise LakeError(f"{table} is the lake's own record: read it as a whole, without regions and dates")
        if version is None and not self.exists(table):
            return pl.DataFrame(schema={name: schema[name] for name in names})
        needed = list(dict.fromkeys([*names, *sort_by]))
        with delta.intact(self.root, table):
            frame = delta.scan(self.root, table, kept, version)
        rows = frame.filter(conditions) if conditions else frame
        try:
            return rows.select(needed).collect().sort(sort_by).select(names)
        except delta.UNREADABLE as error:
            if disk_is_full(error):
                raise
            raise LakeError(
                f"version {'newest' if version is None else version} of {table} in {self.root} can no longer be read in full: {error}. "
                f"Versions older than lake.keep_runs_days are removed for good."
            ) from error

    def _shape(self, table: str) -> tuple[dict[str, pl.DataType], list[str]]:
        if table in OWN_TABLES:
            return OWN_TABLES[table]
        if table not in INPUT_TABLES:
            near = difflib.get_close_matches(table, [*INPUT_TABLES, *OWN_TABLES], n=1)
            raise LakeError(f"there is no table {table!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return dict(INPUT_TABLES[table].create_empty().schema), LAYOUTS[table].sort_by

    def regions(self, version: int | None = None) -> list[str]:
        """Return the regions that have sales, as of `version` of sales, sorted."""
        if version is None and not self.exists("sales"):
            return []
        partitions = delta.open_table(self.root, "sales", version).partitions()
        return sorted({str(partition["region"]) for partition in partitions})

    def daily_totals(self, *, version: int | None = None) -> pl.DataFrame:
        """Return rows and units of sales per day, sorted: columns date, rows, units; empty without sales."""
        schema, _ = self._shape("sales")
        if not self.exists("sales"):
            return pl.DataFrame(schema={"date": pl.Date, "rows": pl.UInt32, "units": pl.Float64})
        sales = delta.scan(self.root, "sales", {name: schema[name] for name in ("date", "units")} | {"region": pl.String()}, version)

        def totals(rows: pl.LazyFrame) -> pl.DataFrame:
            return rows.group_by("date").agg(rows=pl.len(), units=pl.col("units").sum()).sort("date").collect()

        try:
            return totals(sales)
        except delta.UNREADABLE:
            # One damaged region must not stop the others; it fails by itself when it is read.
            parts = []
            for region in self.regions(version):
                with contextlib.suppress(*delta.UNREADABLE):
                    parts.append(totals(sales.filter(pl.col("region") == region)))
            if not parts:
                raise
            return pl.concat(parts).group_by("date").agg(pl.col("rows", "units").sum()).sort("date")

    def first_day(self, *, version: int | None = None) -> date:
        """Return the first day of sales, from the statistics that Delta keeps of each file; no row is read."""
        files = pl.DataFrame(delta.open_table(self.root, "sales", version).get_add_actions(flatten=True))
        first: date = files["min.date"].cast(pl.Date).sort().to_list()[0]
        return first

    def rows_per_region(self, *, version: int | None = None) -> dict[str, int]:
        """Return region → rows of sales."""
        partitions = delta.open_table(self.root, "sales", version).get_add_actions(flatten=True)
        files = pl.DataFrame(partitions).select(region="partition.region", rows="num_records")
        return dict(files.group_by("region").agg(pl.col("rows").sum()).sort("region").iter_rows())

    def set_regions(self, locations: pl.DataFrame) -> tuple[PlanMessage, ...]:
        """Put the history of every fc into the region that `locations` (fc, region) names; return what moved.

        Taking locations in does this already. One commit per table; nothing is written where all lies right.
        """
        return move_history(self.root, dict(locations.select("fc", "region").iter_rows()))

    def compact_if_due(self, on: date) -> list[str]:
        """Merge small files of every table whose last time lies `lake.compact_every_days` before `on`; return their names."""
        return [table for table in self.versions() if upkeep.compact(self.root, table, on, every_days=self.compact_every_days)]

    def vacuum(self, keep: Mapping[str, Collection[int]]) -> dict[str, int]:
        """Delete files that neither the newest version nor a kept one reads; return table → files deleted.

        `keep` names the versions in manifests of runs that may still be rerun; of a table it does not name only the
        newest stays. The caller holds the lake's lock.
        """
        return {table: len(upkeep.vacuum(self.root, table, keep.get(table, ()))) for table in self.versions()}
