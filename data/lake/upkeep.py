"""Keeping Delta tables quick and small: compaction once a week, vacuum of what no kept run needs."""

from collections.abc import Collection
from datetime import date

from deltalake import CommitProperties

from data.lake import delta
from data.storage import Place

COMPACTED_ON = "fillrate.compacted_on"
LOOK_BACK = 100
"""Commits searched for the last compaction; a table written to more often than that since is due anyway."""


def compact(root: Place, table: str, on: date, *, every_days: int) -> bool:
    """Merge the small files of each partition of `table` if the last time lies `every_days` back; return whether it was due.

    Versions stay readable: the files that were merged are removed by vacuum only.
    """
    with delta.intact(root, table):
        return _compact(root, table, on, every_days)


def _compact(root: Place, table: str, on: date, every_days: int) -> bool:
    opened = delta.open_table(root, table)
    if len(opened.file_uris()) < 2:
        return False
    last = next((commit[COMPACTED_ON] for commit in opened.history(LOOK_BACK) if COMPACTED_ON in commit), None)
    # A day that is still to come was written by a clock that was wrong.
    if last is not None and 0 <= (on - date.fromisoformat(last)).days < every_days:
        return False
    opened.optimize.compact(
        max_concurrent_tasks=2,
        writer_properties=delta.WRITER,
        commit_properties=CommitProperties(custom_metadata={COMPACTED_ON: on.isoformat()}),
    )
    return True


def vacuum(root: Place, table: str, keep_versions: Collection[int]) -> list[str]:
    """Delete the files that neither the newest version nor one of `keep_versions` reads, killed writers' too; return their names.

    Only for a caller that holds the lake's lock: files of a commit under way would go as well.
    """
    opened = delta.open_table(root, table)
    newest = opened.version()
    keep = sorted({newest, *(version for version in keep_versions if 0 <= version <= newest)})
    return opened.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True, keep_versions=keep)
