"""Version of the code, as recorded with every run and model."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

VERSION = version("fillrate")

LEARNING_ROOMS = ("features", "models")


@cache
def code_digest() -> str:
    """Return a hash of the code that models are made by, so that a model of other code is trained anew, not misread."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(path for room in LEARNING_ROOMS for path in (root / room).rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
