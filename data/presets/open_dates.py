"""Says how dates of a report such as 03/04/2026 were read, where nothing in the file settles it."""

from collections.abc import Iterable

from data.messages import PlanMessage
from data.parsing.dates import Reading
from data.presets.preset import Export


def about_open_dates(export: Export, table: str, readings: Iterable[Reading]) -> list[PlanMessage]:
    """Return a message for each reading that is not certain; `readings` are of columns that feed `table`."""
    return [
        PlanMessage(
            code="ambiguous_dates",
            table=table,
            message=f'{export.name}: a date such as "{reading.example}" can be read two ways; it was read as '
            + ("day before month." if reading.day_first else "month before day."),
            fix='Say which is right: [inputs.exports] date_format = "%m/%d/%Y", or "%d/%m/%Y".',
        )
        for reading in readings
        if not reading.certain
    ]
