"""A clock that is wrong for a night: behind, ahead, or moved while the night runs. The next night's is right again."""

from pathlib import Path

from scripts.faults.damage import is_told
from scripts.faults.ground import CannotHappenHere, Ground, struck
from scripts.made_shop import Shop

LIBRARIES = tuple(f"/usr/lib/{machine}/faketime/libfaketimeMT.so.1" for machine in ("x86_64-linux-gnu", "aarch64-linux-gnu"))
TIMES = {
    "an hour behind": "-1h",
    "40 days behind": "-40d",
    "before the last deliveries": "@2024-06-05 03:00:00",
    "two days ahead": "+2d",
    "500 days ahead": "+500d",
    "twice as fast": "+0 x50",
}
"""What the clock shows → how libfaketime says it."""
MUST_STOP = ("before the last deliveries",)


def library() -> str:
    """Return the library that shows a process another time.

    Raises
    ------
    CannotHappenHere
        If it is not installed.
    """
    for path in LIBRARIES:
        if Path(path).is_file():
            return path
    raise CannotHappenHere("a wrong clock needs libfaketime: scripts/install_faketime installs it")


def wrong_clock(_: Ground, shop: Shop, name: str) -> list[str]:
    """Run a night by a wrong clock. It may publish; a clock by which what is delivered lies in the future must stop it."""
    time = TIMES[name]
    faked = {"LD_PRELOAD": library(), "FAKETIME": time, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    ended = struck(shop, "SIGKILL", "count:/dev/null", "run", "config.toml", "--direct", **faked)
    if name in MUST_STOP:
        return is_told(ended, "clock") if ended.code else ["the night ended with 0"]
    return [] if ended.code == 0 else [f"the night ended with {ended.code}: {ended.said[-300:]}"]
