"""The time zone of this machine, by the name that schedules are told."""

import os
from pathlib import Path
from zoneinfo import available_timezones

LOCAL_TIME = Path("/etc/localtime")


def local_time_zone(local_time: Path = LOCAL_TIME) -> str:
    """Return the IANA name of the machine's time zone: `TZ`, else the file that `local_time` links to, else UTC."""
    parts = local_time.resolve().parts
    linked = "/".join(parts[parts.index("zoneinfo") + 1 :]) if "zoneinfo" in parts else ""
    known = available_timezones()
    return next((name for name in (os.environ.get("TZ", "").lstrip(":"), linked) if name in known), "UTC")
