"""The shop that faults strike, and the night they are measured by, once for the whole test session."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.faults.ground import CannotHappenHere, Ground, make_ground
from scripts.faults.matrix import Fault, undergo
from scripts.faults.verdict import Verdict


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return make_ground(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def undergone(ground: Ground, tmp_path: Path) -> Callable[[str, str], Verdict]:
    """Let a fault strike; return what it has done."""

    def struck(kind: str, name: str) -> Verdict:
        try:
            return undergo(ground, Fault(kind, name), tmp_path / "shop")
        except CannotHappenHere as reason:
            pytest.skip(str(reason))

    return struck
