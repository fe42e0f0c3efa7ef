"""The time zone of this machine, by the name that schedules are told."""

import os
from pathlib import Path
from zoneinfo import available_timezones

LOCAL_TIME = Path("/etc/localtime")


def local_time_zone(local_time: Path = LOCAL_TIME) -> str:
    """Return the IANA name of the machine's time zone: `TZ`, else the file that `local_time` links to, else UTC."""
    known = available_timezones()
    parts = local_time.resolve().parts
    candidates = [os.environ.get("TZ", "").lstrip(":"), "/".join(parts[-3:]), "/".join(parts[-2:]), parts[-1]]
    return next((name for name in candidates if name in known), "UTC")
