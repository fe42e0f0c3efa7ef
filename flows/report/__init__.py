"""The morning report: one static HTML file without scripts that a planner opens with the first coffee."""

from flows.report.contents import ReportData
from flows.report.headline import headline_numbers
from flows.report.page import render_report
from flows.report.rows import rows_to_draw

__all__ = ["ReportData", "headline_numbers", "render_report", "rows_to_draw"]
