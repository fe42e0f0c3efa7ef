"""Puts the report's parts into self-contained pages: one for the most valuable rows, and one per region and part for the rest."""

import base64
import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from flows.report import bundle
from flows.report.contents import ReportData
from flows.report.formats import day, text
from flows.report.libraries import libraries
from flows.report.payload import night
from flows.report.pictures import pictures

MOST_ROWS = 5_000
"""Rows of a page."""

MOST_BYTES = 5_000_000
"""Size of a page: pictures of the least valuable rows are left out of one that would be larger."""

MAIN = "report.html"
BESIDE = "report-regions"


def render_pages(data: ReportData, *, most_rows: int = MOST_ROWS, most_bytes: int = MOST_BYTES) -> dict[str, str]:
    """Return the pages of a run, file → HTML text: `report.html`, and where it does not hold every row, pages for the rest by region.

    A page fetches nothing and runs no script but its own; texts from the data only ever become text.

    Raises
    ------
    LibrariesMissing
        If the page's libraries are not installed.
    """
    rest = data.recommendations.slice(most_rows)
    parts = list(_parts(rest, most_rows))
    beside = [{"file": file, "region": text(region), "part": number, "rows": rows.height} for file, region, number, rows in parts]
    pages = {MAIN: _page(data, data.recommendations.head(most_rows), {"beside": beside, "main": None}, most_bytes)}
    for file, region, number, rows in parts:
        place = {"beside": [], "main": f"../{MAIN}", "region": text(region), "part": number}
        pages[file] = _page(data, rows, place, most_bytes)
    return pages


def _parts(rest: pl.DataFrame, most_rows: int) -> Iterator[tuple[str, str, int, pl.DataFrame]]:
    """Yield file, region, number of the part, and rows, still most valuable first."""
    for place, region in enumerate(sorted(rest["region"].unique().to_list()), start=1):
        rows = rest.filter(pl.col("region") == region)
        for number, first in enumerate(range(0, rows.height, most_rows), start=1):
            # The place keeps apart regions whose names differ only in letters that a file name cannot carry.
            slug = re.sub(r"[^A-Za-z0-9]+", "-", region).strip("-").lower()[:40] or "region"
            yield f"{BESIDE}/{place:02d}-{slug}-{number}.html", region, number, rows.slice(first, most_rows)


def _page(data: ReportData, rows: pl.DataFrame, place: dict[str, Any], most_bytes: int) -> str:
    shown = night(data, rows) | {"place": place}
    drawn = rows
    while True:
        page = _written(data, shown, pictures(data, drawn))
        size = len(page.encode())
        if size <= most_bytes or drawn.is_empty():
            return page
        # What a picture takes is known only once all are packed; most valuable rows keep theirs.
        without = len(_written(data, shown, pictures(data, drawn.clear())).encode())
        share = max(most_bytes - without, 0) / (size - without)
        drawn = drawn.head(min(int(drawn.height * share * 0.97), drawn.height - 1))


def _written(data: ReportData, shown: dict[str, Any], drawn: dict[str, Any]) -> str:
    scripts = [*(library.script for library in libraries()), bundle.script()]
    styles = [*(library.style for library in libraries()), bundle.style()]
    languages = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((bundle.PAGE / "languages").glob("*.json"))}
    return _template().render(
        title=f"{text(data.name)} {day(data.as_of)}",
        policy=bundle.policy(scripts, styles),
        styles=styles,
        scripts=scripts,
        blocks={"languages": packed(languages), "night": packed(shown), "pictures": packed(drawn)},
    )


def packed(value: Any) -> str:
    """Return a value as JSON, gzipped, in base64; the same bytes for the same value."""
    content = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return base64.b64encode(gzip.compress(content, compresslevel=6, mtime=0)).decode("ascii")


def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(bundle.PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2")
