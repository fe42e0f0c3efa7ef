"""The time zone of a schedule: the config's, else this machine's, by the name that schedulers are told."""

import os
from pathlib import Path
from zoneinfo import available_timezones

from flows.settings import Settings

LOCAL_TIME = Path("/etc/localtime")


def local_time_zone(local_time: Path = LOCAL_TIME) -> str:
    """Return the IANA name of the machine's time zone: `TZ`, else the file that `local_time` links to, else UTC."""
    parts = local_time.resolve().parts
    linked = "/".join(parts[parts.index("zoneinfo") + 1 :]) if "zoneinfo" in parts else ""
    known = available_timezones()
    return next((name for name in (os.environ.get("TZ", "").lstrip(":"), linked) if name in known), "UTC")


def zone_of(settings: Settings) -> str:
    """Return the IANA name of the zone in which a config's times of day are meant: its own, else the machine's."""
    return settings.schedule.time_zone or local_time_zone()
