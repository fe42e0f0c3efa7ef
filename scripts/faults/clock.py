"""A clock that is wrong for a night: behind, ahead, or moved while the night runs. The next night's is right again."""

from datetime import UTC, datetime

from scripts.faults.damage import is_told
from scripts.faults.ground import Ground, struck
from scripts.made_shop import Shop

HOUR, DAY = 3600.0, 86_400.0
BEFORE_THE_LAST_DELIVERIES = "before the last deliveries"
TIMES = {
    "an hour behind": (-HOUR, "start"),
    "40 days behind": (-40 * DAY, "start"),
    BEFORE_THE_LAST_DELIVERIES: (0.0, "start"),
    "two days ahead": (2 * DAY, "start"),
    "500 days ahead": (500 * DAY, "start"),
    "a day back in the middle of training": (-DAY, "point:shared trees saved, not judged"),
    "a day on in the middle of publishing": (DAY, "point:all of a run's files staged, no manifest"),
}
"""What the clock does → by how many seconds it is moved, and when."""
LONG_AGO = datetime(2024, 6, 5, 3, tzinfo=UTC)


def wrong_clock(_: Ground, shop: Shop, name: str) -> list[str]:
    """Run a night by a wrong clock. It may publish; a clock by which what is delivered lies in the future must stop it."""
    seconds, moment = TIMES[name]
    if name == BEFORE_THE_LAST_DELIVERIES:
        seconds = (LONG_AGO - datetime.now(UTC)).total_seconds()
    ended = struck(shop, f"clock:{seconds}", moment, "run", "config.toml", "--direct")
    if name == BEFORE_THE_LAST_DELIVERIES:
        return is_told(ended, "clock of this machine is behind") if ended.code else ["the night ended with 0"]
    return [] if ended.code == 0 else [f"the night ended with {ended.code}: {ended.said[-300:]}"]
