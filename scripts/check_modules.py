"""Check the size of modules and that no piece of code stands in two places: `python scripts/check_modules.py`."""

import ast
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

REPO = Path(__file__).resolve().parent.parent
ROOMS = ("data", "features", "models", "flows")
MOST_LINES = 500
LEAST_ALIKE = 6


class Line(NamedTuple):
    """A line of code that means something: its number in the file and its text without indentation."""

    number: int
    text: str


class Twin(NamedTuple):
    """The same run of lines in two places."""

    path: Path
    line: int
    other: Path
    other_line: int
    length: int


def modules(root: Path, folders: Sequence[str] = ROOMS) -> list[Path]:
    """Return the Python files under `folders` of `root`, sorted."""
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def meaningful_lines(source: str) -> list[Line]:
    """Return the lines of `source` without blanks, comments, docstrings, imports, lists of parameters and lone brackets."""
    skipped: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
                skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                # Two functions may take the same; what they do must not be the same.
                skipped.update(range(node.lineno + 1, node.body[0].lineno))
    lines = ((number, text.strip()) for number, text in enumerate(source.splitlines(), start=1) if number not in skipped)
    return [Line(number, text) for number, text in lines if re.search(r"\w", text) and not text.startswith("#")]


def twins(files: Iterable[tuple[Path, list[Line]]], *, least: int = LEAST_ALIKE) -> list[Twin]:
    """Return every run of at least `least` equal lines that stands twice, each at its full length."""
    seen: dict[tuple[str, ...], tuple[Path, list[Line], int]] = {}
    found: list[Twin] = []
    for path, lines in files:
        start = 0
        while start + least <= len(lines):
            window = tuple(line.text for line in lines[start : start + least])
            if window not in seen:
                seen[window] = (path, lines, start)
                start += 1
                continue
            other, other_lines, other_start = seen[window]
            length = _common(lines[start:], other_lines[other_start:])
            found.append(Twin(path, lines[start].number, other, other_lines[other_start].number, length))
            start += length
    return found


def _common(left: list[Line], right: list[Line]) -> int:
    """Return how many lines the two begin with in common."""
    pairs = zip(left, right, strict=False)
    return next((index for index, (one, two) in enumerate(pairs) if one.text != two.text), min(len(left), len(right)))


def faults(root: Path) -> list[str]:
    """Return a sentence per module that is too long and per run of lines that stands twice."""
    sources = {path.relative_to(root): path.read_text(encoding="utf-8") for path in modules(root)}
    long = [
        f"{path} has {size} lines, at most {MOST_LINES} are allowed: give it one job"
        for path, text in sources.items()
        if (size := len(text.splitlines())) > MOST_LINES
    ]
    double = [
        f"{twin.path}:{twin.line} repeats {twin.length} lines of {twin.other}:{twin.other_line}: make one piece of code serve both"
        for twin in twins((path, meaningful_lines(text)) for path, text in sources.items())
    ]
    return long + double


def main() -> int:
    """Print the sizes and the faults; return 1 if there are any."""
    sizes = [len(path.read_text(encoding="utf-8").splitlines()) for path in modules(REPO)]
    print(f"modules: {len(sizes)}, median {median(sizes):.0f} lines, longest {max(sizes)}")
    found = faults(REPO)
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
