"""Markdown of the reference pages: their introductions, their tables, their first line."""

from collections.abc import Iterable
from pathlib import Path

INTROS = Path(__file__).resolve().parent / "docs_intros"


def intro(page: str) -> str:
    """Return the part of a page that is written by hand."""
    return (INTROS / f"{page}.md").read_text(encoding="utf-8").strip()


def page(parts: Iterable[str]) -> str:
    """Return a whole page; empty parts are left out."""
    return (
        "<!-- Written by `make docs` from schemas, settings, commands and scripts/docs_intros; do not edit. -->\n\n"
        + "\n\n".join(filter(None, parts))
        + "\n"
    )


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table; bars inside cells are escaped."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
