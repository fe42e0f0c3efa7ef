"""Send a digest to every address; one that does not take it is told by its place in the list, never by what its URL holds."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pydantic import SecretStr

from flows.notify.digest import Digest

APART = re.compile(r"\s+|,\s*(?=[A-Za-z][A-Za-z0-9+.-]*://)")
"""What stands between two addresses: blanks, or a comma before the next scheme."""

HIDDEN = "***"


@dataclass(frozen=True)
class Sent:
    """How one address took a digest. address: its place and scheme; problem: None where it was taken, free of whatever the URL holds."""

    address: str
    problem: str | None


def send(digest: Digest, addresses: SecretStr, attachment: Path | None = None) -> list[Sent]:
    """Send a digest to every address, one after the other; nothing that goes wrong with one is raised.

    Parameters
    ----------
    digest
        What to say.
    addresses
        Apprise URLs, apart by blanks, line ends or commas.
    attachment
        A file to go along; services that take none send the text alone.
    """
    urls = [url for url in APART.split(addresses.get_secret_value().strip()) if url]
    return [Sent(_told(place, url), _problem(digest, url, attachment)) for place, url in enumerate(urls, start=1)]


def _told(place: int, url: str) -> str:
    """Return an address as its place and scheme; all else may be a secret, hosts included."""
    scheme, mark, _ = url.partition("://")
    return f"address {place} ({scheme}://)" if mark and scheme.isalnum() and len(scheme) <= 20 else f"address {place}"


def _problem(digest: Digest, url: str, attachment: Path | None) -> str | None:
    import apprise

    # Kept in memory, and without pictures from elsewhere.
    asset = apprise.AppriseAsset(
        app_id="fillrate", app_desc="fillrate", app_url="", image_url_mask="", image_url_logo="", storage_mode="memory", secure_logging=True
    )
    with _heard() as heard:
        try:
            service = apprise.Apprise.instantiate(url, asset=asset)
            if service is None:
                return "its URL is not one that Apprise understands"
            sender = apprise.Apprise(asset=asset)
            sender.add(service)
            files: Any = None if attachment is None else str(attachment)
            taken = sender.notify(
                body=digest.body, title=digest.title, notify_type=digest.mood, body_format=apprise.NotifyFormat.TEXT, attach=files
            )
        except Exception as error:  # whatever a service's code raises, the night stands
            taken, heard = False, [f"{type(error).__name__}: {error}"]
    if taken:
        return None
    return without_secrets("; ".join(heard) or "the service did not take it", url)


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Return what Apprise says inside the block in place of its own log, which may hold parts of a URL."""
    heard: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    log, listening = logging.getLogger("apprise"), Listening(logging.WARNING)
    before = (log.propagate, log.level, log.handlers[:])
    log.propagate, log.handlers = False, [listening]
    log.setLevel(logging.WARNING)
    try:
        yield heard
    finally:
        log.propagate, log.handlers = before[0], before[2]
        log.setLevel(before[1])


def without_secrets(text: str, url: str) -> str:
    """Return a text with everything hidden that stands in a URL, but its scheme: whole, in parts, and as it is when decoded."""
    _, _, rest = url.partition("://")
    whole = {rest, unquote(rest)}
    # Parts that hold the marks between them, such as a decoded password with an @, before the parts of those.
    parts = {unquote(part) for part in re.split(r"[/:@?&=,]", rest)} | {part for one in whole for part in re.split(r"[/:@?&=,.+\s]", one)}
    for part in sorted(whole | parts, key=lambda part: (-len(part), part)):
        if len(part) > 2:
            text = re.sub(re.escape(part), HIDDEN, text, flags=re.IGNORECASE)
        elif part:
            text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", HIDDEN, text)
    return text
