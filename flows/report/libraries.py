"""The table and the chart library of the page: where `make setup` puts them, and what to say where it could not."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "node_modules"

FILES = {
    "tabulator-tables": ("dist/js/tabulator.min.js", "dist/css/tabulator_simple.min.css"),
    "uplot": ("dist/uPlot.iife.min.js", "dist/uPlot.min.css"),
}
"""Package → its script and its style."""


class LibrariesMissing(Exception):
    """The page cannot be made, since its libraries are not installed."""


@dataclass(frozen=True)
class Library:
    """A library as it goes into the page: with its licence in front, as the licence asks."""

    script: str
    style: str


def missing(folder: Path = FOLDER) -> str | None:
    """Return what is missing and how to mend it, None when everything is there."""
    absent = [name for name in FILES if not all((folder / name / file).is_file() for file in FILES[name])]
    if not absent:
        return None
    return f"the report's libraries {' and '.join(absent)} are not in {folder}: run `make setup` in the checkout of fillrate"


@cache
def libraries(folder: Path = FOLDER) -> tuple[Library, ...]:
    """Return the libraries in the order in which the page needs them.

    Raises
    ------
    LibrariesMissing
        If they are not installed; the message says how to mend it.
    """
    if said := missing(folder):
        raise LibrariesMissing(said)
    return tuple(_read(folder / name, *files) for name, files in FILES.items())


def _read(package: Path, script: str, style: str) -> Library:
    licence = (package / "LICENSE").read_text(encoding="utf-8").strip()
    notice = f"/*! {package.name}\n{licence.replace('*/', '* /')}\n*/\n"
    return Library(notice + _code(package / script), notice + _code(package / style))


def _code(path: Path) -> str:
    """Return a file without the line that names its source map, which is not in the page."""
    return re.sub(r"\n?(//|/\*)# sourceMappingURL=\S+( \*/)?\s*$", "", path.read_text(encoding="utf-8"))
