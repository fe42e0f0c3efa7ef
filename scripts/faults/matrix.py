"""The matrix: every kind of fault, how it is brought about, and what is looked at afterwards, the same for all.

A fault strikes a shop of its own while someone reads what it publishes. Then the next night runs. Afterwards the lake must hold the
rows, and the pointer name a run with the numbers, of a night that nobody disturbed.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.faults import kills
from scripts.faults.ground import Ground, night
from scripts.faults.reader import Reader
from scripts.faults.verdict import Verdict, judge
from scripts.made_shop import Shop

Strike = Callable[[Ground, Shop, str], list[str]]
"""Brings a fault about, of a kind and with a name; returns what was not as it should be."""

KINDS: dict[str, Strike] = {
    "killed": kills.killed,
    "killed under Prefect": kills.killed_under_prefect,
}


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, a key of `KINDS`, and its name within the kind."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.kind}: {self.name}"


def undergo(ground: Ground, fault: Fault, folder: Path) -> Verdict:
    """Let a fault strike a shop in a new folder, then run the next night, and return what the fault has done."""
    shop = ground.shop(folder)
    with Reader(shop.out) as reader:
        problems = KINDS[fault.kind](ground, shop, fault.name)
        healed = night(shop)
    if healed.code:
        problems.append(f"the next night ended with {healed.code}: {healed.last_line}")
    verdict = judge(str(fault), ground.expected, reader.half, shop.lake, shop.out, *problems)
    shutil.rmtree(folder)
    return verdict
