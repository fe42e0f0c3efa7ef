"""The morning report: one HTML file that a planner opens with the first coffee, without a server or a network."""

from flows.report.contents import EarlierNight, ReportData
from flows.report.headline import Headline, headline_numbers, headline_of
from flows.report.libraries import LibrariesMissing
from flows.report.libraries import missing as missing_libraries
from flows.report.pages import render_pages
from flows.report.pictures import PAST_PERIODS
from flows.report.plain import plain_page

__all__ = [
    "PAST_PERIODS",
    "EarlierNight",
    "Headline",
    "LibrariesMissing",
    "ReportData",
    "headline_numbers",
    "headline_of",
    "missing_libraries",
    "plain_page",
    "render_pages",
]
