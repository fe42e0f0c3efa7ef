"""Clients of S3-compatible object stores, one per bucket, and what their errors mean in words.

Endpoint, region and keys come from the standard AWS variables of the environment, which the client reads itself: the same
library (Apache's object_store) that delta-rs and polars use for tables, so one set of variables serves all of them.
"""

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
KEY_SOURCES = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_SKIP_SIGNATURE")
"""Variables that say who asks; AWS itself also knows it from the machine."""

RETRIES = 5
"""Tries after a failed one, each after twice the wait of the one before, from a tenth of a second: some three seconds in all."""

PATIENCE = timedelta(seconds=60)

REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired")


class StorageError(OSError):
    """An object store cannot serve a request; the message says which address, why, and what to check. It never holds keys."""


def store_of(bucket: str) -> S3Store:
    """Return the client of a bucket, as the environment says it is reached.

    Raises
    ------
    StorageError
        If the environment lacks what is needed to ask at all.
    """
    return _store(bucket, tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_"))))


@lru_cache(maxsize=16)
def _store(bucket: str, environment: tuple[tuple[str, str], ...]) -> S3Store:
    told = dict(environment)
    where = endpoint(told)
    if where is not None and not any(told.get(name) for name in KEY_SOURCES):
        raise StorageError(
            f"s3://{bucket}: the environment has no keys for {where}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where fillrate runs."
        )
    if where is not None and where.startswith("http://") and told.get("AWS_ALLOW_HTTP", "").casefold() not in ("1", "true", "yes"):
        raise StorageError(
            f"s3://{bucket}: {where} is not encrypted. Name it by https://, or set AWS_ALLOW_HTTP=true where the network is trusted."
        )
    try:
        return S3Store(bucket, retry_config={"max_retries": RETRIES, "retry_timeout": PATIENCE})
    except (BaseError, ValueError) as error:
        raise StorageError(f"s3://{bucket}: {_first_line(error)}. Check the variables AWS_… of the environment.") from None


def endpoint(environment: dict[str, str]) -> str | None:
    """Return the endpoint that the environment names, without what may be secret in it; None for AWS itself."""
    for name in ENDPOINTS:
        if address := environment.get(name):
            parts = urlsplit(address)
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return None


@contextlib.contextmanager
def telling(address: str) -> Iterator[None]:
    """Turn what the client raises about `address` into errors with a message for people.

    Raises
    ------
    FileNotFoundError
        If there is no such object.
    StorageError
        If the store cannot be reached, knows no such bucket, refuses the keys, or fails otherwise.
    """
    try:
        yield
    except FileNotFoundError as error:
        if _code(error) == "NoSuchBucket":
            raise in_words(address, error) from None
        raise FileNotFoundError(errno.ENOENT, "no such object", address) from None
    except BaseError as error:
        raise in_words(address, error) from None
    except ValueError as error:
        raise StorageError(f"{address}: no address of an object ({_first_line(error)}). Write it without . and .. parts.") from None


def in_words(address: str, error: Exception) -> StorageError:
    """Return what a failed request about `address` means, without the text that the server sent: it may repeat what it was sent."""
    told, code = str(error), _code(error)
    where = endpoint(dict(os.environ)) or "AWS"
    if code == "NoSuchBucket":
        return StorageError(f"{address}: {where} has no such bucket. Create it, or mend the address and AWS_ENDPOINT_URL.")
    if code in REFUSED or re.search(r"\b40[13]\b|Unauthenticated|Permission", told):
        return StorageError(
            f"{address}: {where} refuses the keys ({code or 'no permission'}). Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
            "AWS_REGION in the environment, and that these keys may list, read, write and delete there."
        )
    if "error sending request" in told or "HTTP error" in told:
        return StorageError(f"{address}: {where} cannot be reached. Check AWS_ENDPOINT_URL and the network, and that the store is up.")
    return StorageError(f"{address}: {where} failed ({code or _first_line(error)}). Try again; if it stays, ask who runs the store.")


def _code(error: Exception) -> str | None:
    found = re.search(r"<Code>(\w+)</Code>", str(error))
    return found.group(1) if found else None


def _first_line(error: Exception, limit: int = 160) -> str:
    return str(error).splitlines()[0].partition(": <?xml")[0][:limit]
