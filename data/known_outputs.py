"""Which output folders hold runs made from a lake: what those runs read must not be removed from it."""

from data.published.disk import replace_text
from data.storage import Place, place

FILE = "outputs.txt"


def remember_output(lake: str | Place, output: str | Place) -> None:
    """Note that runs made from the lake are published in `output`. The caller holds the lake's lock."""
    known = known_outputs(lake)
    folder = place(output).resolve()
    if folder not in known:
        replace_text(place(lake) / FILE, "".join(f"{path}\n" for path in [*known, folder]))


def known_outputs(lake: str | Place) -> list[Place]:
    """Return the output folders that were noted, in the order in which they came."""
    path = place(lake) / FILE
    return [place(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
