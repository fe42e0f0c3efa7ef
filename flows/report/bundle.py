"""The page's own modules as one script, and the hashes by which a content policy allows scripts and styles."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parent / "page"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([a-z_/]+\.js)";\n', re.MULTILINE)
_NAME = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|let|class) ([A-Za-z_$][\w$]*)", re.MULTILINE)


@cache
def script(entry: str = "main.js", folder: Path = PAGE) -> str:
    """Return `entry` and what it imports as one script, each module after those it needs.

    Modules share one scope there, so the names at their top levels must differ.

    Raises
    ------
    ValueError
        If two modules use one name at their top level, or import each other, or import a name that is not there.
    """
    parts: dict[str, str] = {}
    owner: dict[str, str] = {}
    _gather(entry, folder, parts, owner, ())
    return '(() => {\n"use strict";\n' + "\n".join(parts.values()) + "\n})();\n"


@cache
def style(folder: Path = PAGE) -> str:
    """Return the page's style sheets as one, by name."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.css")))


def policy(scripts: list[str], styles: list[str]) -> str:
    """Return a content policy that allows these scripts and styles, named by their hashes, and nothing else."""
    allowed = {"script-src": scripts, "style-src": styles}
    named = [f"{kind} {' '.join(_hash(source) for source in sources)}" for kind, sources in allowed.items() if sources]
    return "; ".join(["default-src 'none'", *named, "img-src data:", "base-uri 'none'", "form-action 'none'"])


def _gather(name: str, folder: Path, parts: dict[str, str], owner: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"{' imports '.join([*above, name])}: modules of the page must not import each other in a circle")
    if name in parts:
        return
    source = (folder / name).read_text(encoding="utf-8")
    for names, needed in _IMPORT.findall(source):
        _gather(needed, folder, parts, owner, (*above, name))
        absent = [one for one in (part.strip() for part in names.split(",")) if one and owner.get(one) != needed]
        if absent:
            raise ValueError(f"{name} imports {', '.join(absent)} from {needed}, which has no such name at its top level")
    for defined in _NAME.findall(source):
        if defined in owner:
            raise ValueError(
                f"{name} and {owner[defined]} both call something {defined!r} at their top level: modules of the page share one scope"
            )
        owner[defined] = name
    parts[name] = re.sub(r"^export ", "", _IMPORT.sub("", source), flags=re.MULTILINE)


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode('ascii')}'"
