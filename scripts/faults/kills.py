"""Nights that are killed: at the named moments, at any moment, and under Prefect."""

import signal
from collections.abc import Iterable

import numpy as np

from scripts.faults.crash_points import CRASH_POINTS
from scripts.faults.ground import Ground, struck
from scripts.made_shop import Shop

LATEST_SECONDS = 0.3
"""Most time from a thing done with a file to the kill: long enough to fall into what is done without files, such as training."""


def random_moments(events: int, generator: np.random.Generator, count: int) -> list[str]:
    """Return moments anywhere in a night that does so many things with files."""
    return [f"event:{generator.integers(1, events + 1)}:{generator.uniform(0, LATEST_SECONDS):.3f}" for _ in range(count)]


def named_moments() -> list[str]:
    """Return the named moments of a night on disk."""
    return [f"point:{crash.moment}" for crash in CRASH_POINTS if crash.on_disk]


def killed(_: Ground, shop: Shop, moment: str) -> list[str]:
    """Kill a night at a moment; a named one must come."""
    return kill_again_and_again(shop, [moment])


def killed_under_prefect(_: Ground, shop: Shop, moment: str) -> list[str]:
    """Kill a night that runs as a Prefect flow."""
    return _problems(struck(shop, "SIGKILL", moment, "run", "config.toml").code, moment)


def kill_again_and_again(shop: Shop, moments: Iterable[str]) -> list[str]:
    """Kill a night at each moment in turn, started again every time; return which named ones did not come."""
    return [
        problem
        for moment in moments
        for problem in _problems(struck(shop, "SIGKILL", moment, "run", "config.toml", "--direct").code, moment)
    ]


def _problems(code: int, moment: str) -> list[str]:
    # At an event near its end a night may be over before it is killed.
    if code == -signal.SIGKILL or (code == 0 and moment.startswith("event:")):
        return []
    return [f"{moment}: the night was not killed but ended with {code}"]


def chains() -> dict[str, list[str]]:
    """Return the named moments by part of the night, so that a night killed at one and started again comes to the next one."""
    found: dict[str, list[str]] = {}
    for crash in CRASH_POINTS:
        if crash.on_disk:
            # A night cleans up after it has compacted: started again it does not come there a second time.
            part = crash.moment if crash.part == "clean-up" else crash.part
            found.setdefault(part, []).append(f"point:{crash.moment}")
    return found
