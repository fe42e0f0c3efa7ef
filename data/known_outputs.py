"""Which output folders hold runs made from a lake: what those runs read must not be removed from it."""

from pathlib import Path

from data.published.disk import replace_text

FILE = "outputs.txt"


def remember_output(lake: str | Path, output: str | Path) -> None:
    """Note that runs made from the lake are published in `output`. The caller holds the lake's lock."""
    known = known_outputs(lake)
    folder = Path(output).expanduser().resolve()
    if folder not in known:
        replace_text(Path(lake).expanduser() / FILE, "".join(f"{path}\n" for path in [*known, folder]))


def known_outputs(lake: str | Path) -> list[Path]:
    """Return the output folders that were noted, in the order in which they came."""
    path = Path(lake).expanduser() / FILE
    return [Path(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
