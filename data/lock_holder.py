"""Who holds a lake's lock, as a document for others and in words."""

import json
import os
import socket
from datetime import UTC, datetime


class LakeLocked(Exception):
    """Another run is writing to the lake; the message names it."""


def this_process() -> dict[str, int | str]:
    """Return what tells others that this process holds a lock, since now."""
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat(timespec="seconds")}


def holder_in_words(document: bytes) -> str:
    """Return who holds a lock, from what `this_process` gave."""
    try:
        holder = json.loads(document)
        return f"process {holder['pid']} on host {holder['host']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        return "a process that has only just started"
