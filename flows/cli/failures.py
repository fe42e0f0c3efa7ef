"""What goes wrong in ways a user can mend, as one message on stderr and an exit code."""

from enum import IntEnum

from data.errors import InputError
from data.lake import LakeError
from data.line_ledger import LedgerDamaged
from data.lock import LakeLocked
from data.published import PublishError
from flows.backtest.openings import WindowLocked
from flows.conductor import NothingToPublish, UnknownRegion
from flows.settings import ConfigError
from flows.stages.snooze_ledger import SnoozeRefused
from flows.why.asked import NoSuchRow
from flows.workbook import WorkbookRefused


class Exit(IntEnum):
    """Exit codes of the command line."""

    PUBLISHED = 0
    NOTHING = 1
    SOME_REGIONS_FAILED = 2
    USAGE = 64


FULL_DISK = (
    "no room is left on the disk: {error}. Free or enlarge the disks of lake.path, output.path and the temporary folder, and run again; "
    "what was published before is untouched."
)
"""What is told where a disk is full, whatever was being written."""

USAGE_ERRORS = (ConfigError, UnknownRegion)
RUN_ERRORS = (
    InputError,
    LakeError,
    LakeLocked,
    PublishError,
    NothingToPublish,
    WorkbookRefused,
    WindowLocked,
    LedgerDamaged,
    SnoozeRefused,
    NoSuchRow,
    OSError,
)


def exit_code(error: BaseException) -> Exit:
    """Return the exit code that stands for an error a user can mend."""
    return Exit.USAGE if isinstance(error, USAGE_ERRORS) else Exit.NOTHING
