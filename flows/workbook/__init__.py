"""The planner's workbook: written every night, filled in by hand, read back into supplier orders and overrides."""

from flows.workbook.apply import Applied, WorkbookRefused, apply_workbook
from flows.workbook.sheet import read_filled
from flows.workbook.write import write_workbook

__all__ = ["Applied", "WorkbookRefused", "apply_workbook", "read_filled", "write_workbook"]
