"""Two nights at once on one lake."""

import os
import signal

from scripts.faults.damage import is_told
from scripts.faults.ground import Ground, begin, night, stopped
from scripts.made_shop import Shop

MOMENTS = (
    "point:sales committed, bad rows not kept",
    "point:models judged and not held against those in use",
    "point:the folder named, the pointer not moved",
)


def second_night(_: Ground, shop: Shop, moment: str) -> list[str]:
    """Begin a night while another one stands still at a moment: it must end at once and say who is there, and the first go on."""
    first = begin(shop, "SIGSTOP", moment, "run", "config.toml", "--direct")
    problems = [] if stopped(first) else [f"the first night did not come to {moment}"]
    second = night(shop)
    if first.poll() is None:
        os.kill(first.pid, signal.SIGCONT)
    said = first.communicate()[1]
    if first.returncode:
        problems.append(f"the first night ended with {first.returncode}: {said[-300:]}")
    if second.code != 1:
        problems.append(f"the second night ended with {second.code}")
    return problems + is_told(second, "another run is writing to the lake", f"process {first.pid}")


def same_moment(_: Ground, shop: Shop, name: str) -> list[str]:
    """Begin so many nights at the same moment: those that run are whole, the others are told who is there."""
    nights = [begin(shop, "SIGKILL", "count:/dev/null", "run", "config.toml", "--direct") for _ in range(int(name.split()[0]))]
    said = [process.communicate()[1] for process in nights]
    problems = []
    for process, words in zip(nights, said, strict=True):
        if process.returncode not in (0, 1) or (process.returncode == 1 and "another run is writing to the lake" not in words):
            problems.append(f"a night ended with {process.returncode}: {words[-300:]}")
    return problems if any(process.returncode == 0 for process in nights) else [*problems, "no night was run"]
