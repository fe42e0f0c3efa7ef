"""How much memory this process may use: what the machine has, less where a container or a limit of the process allows less."""

import os
import resource
from pathlib import Path

_CONTAINER = Path("/sys/fs/cgroup/memory.max")


def memory_limit() -> int:
    """Return bytes."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if allowed != resource.RLIM_INFINITY:
        limits.append(allowed)
    if _CONTAINER.is_file() and (text := _CONTAINER.read_text().strip()).isdigit():  # else "max"
        limits.append(int(text))
    return min(limits)
