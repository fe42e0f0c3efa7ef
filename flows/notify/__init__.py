"""Tell people of a night: a short digest through any service that Apprise knows, addresses from the environment alone."""

from flows.notify.digest import Digest, failure_digest, late_digest, night_digest
from flows.notify.send import Sent, send

__all__ = ["Digest", "Sent", "failure_digest", "late_digest", "night_digest", "send"]
