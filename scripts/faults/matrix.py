"""The matrix: every kind of fault, how it is brought about, and what is looked at afterwards, the same for all.

A fault strikes a shop of its own while someone reads what it publishes. Then the next night runs. Afterwards the lake must hold the
rows, and the pointer name a run with the numbers, of a night that nobody disturbed.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.faults import clock, damage, full_disk, kills, two_nights
from scripts.faults.ground import CannotHappenHere, Ground, night
from scripts.faults.reader import Reader
from scripts.faults.verdict import Verdict, judge
from scripts.made_shop import Shop

__all__ = ["KINDS", "CannotHappenHere", "Fault", "undergo"]

Strike = Callable[[Ground, Shop, str], list[str]]
"""Brings a fault about, of a kind and with a name; returns what was not as it should be."""

KINDS: dict[str, Strike] = {
    "killed": kills.killed,
    "killed under Prefect": kills.killed_under_prefect,
    "lake file": damage.lake_file,
    "model file": damage.model_file,
    "pointer": damage.pointer,
    "full disk": full_disk.full_disk,
    "wrong clock": clock.wrong_clock,
    "two nights": two_nights.second_night,
    "nights at once": two_nights.same_moment,
}


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, a key of `KINDS`, and its name within the kind."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.kind}: {self.name}"


def undergo(ground: Ground, fault: Fault, folder: Path, kinds: Mapping[str, Strike] = KINDS) -> Verdict:
    """Let a fault strike a shop in a new folder, then run the next night, and return what the fault has done.

    Raises
    ------
    CannotHappenHere
        If this machine lacks what the fault needs.
    """
    shop = ground.shop(folder)
    # A damaged pointer is not a half run that somebody sees: it is damaged before anyone looks.
    problems = kinds[fault.kind](ground, shop, fault.name) if fault.kind == "pointer" else []
    with Reader(shop.out, pointer_damaged=fault.kind == "pointer") as reader:
        if fault.kind != "pointer":
            problems = kinds[fault.kind](ground, shop, fault.name)
        healed = night(shop)
    if healed.code:
        problems.append(f"the next night ended with {healed.code}: {healed.last_line}")
    verdict = judge(str(fault), ground.expected, reader.half, shop.lake, shop.out, *problems)
    shutil.rmtree(folder)
    return verdict
