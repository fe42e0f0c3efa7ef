"""Where databases are: addresses from the environment alone, since they hold passwords. Nothing prints, logs or records them."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from data.database.errors import DatabaseError

INPUT_URL = "FILLRATE_DATABASE_URL"
"""Variable that holds the address of the database that input tables are queried from."""

OUTPUT_URL = "FILLRATE_OUTPUT_DATABASE_URL"
"""Variable that holds the address of the database that runs are written to; without it they go to that of the inputs."""

EXAMPLE = "postgresql://user:password@host:5432/database"
SCHEMES = ("postgresql", "postgres")
CONNECT_SECONDS = 10


class DatabaseUrls(BaseSettings):
    """The addresses as the environment gives them; empty where it does not."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="FILLRATE_")

    database_url: SecretStr = SecretStr("")
    output_database_url: SecretStr = SecretStr("")


@dataclass(frozen=True)
class Address:
    """A well-formed address of a database.

    Attributes
    ----------
    variable
        The environment variable it came from, which is what a person mends.
    where
        Host, port and database as messages name them.
    url
        The address itself.
    """

    variable: str
    where: str
    url: SecretStr

    def without_secrets(self, text: str) -> str:
        """Return `text` with every form in which it could hold the password left out."""
        split = urlsplit(self.url.get_secret_value())
        told = {split.password or "", *(value for key in ("password", "sslpassword") for value in parse_qs(split.query).get(key, []))}
        for secret in sorted({form for one in told for form in (one, unquote(one)) if form}, key=len, reverse=True):
            text = text.replace(secret, "…")
        return text


def input_address() -> Address:
    """Return where input tables are queried from.

    Raises
    ------
    DatabaseError
        If the environment names no address, or one that is not well-formed.
    """
    return checked_address(INPUT_URL, DatabaseUrls().database_url)


def output_address() -> Address:
    """Return where runs are written to; raises as `input_address` does."""
    urls = DatabaseUrls()
    if urls.output_database_url.get_secret_value().strip():
        return checked_address(OUTPUT_URL, urls.output_database_url)
    return checked_address(INPUT_URL, urls.database_url)


def checked_address(variable: str, url: SecretStr) -> Address:
    """Return the address that `variable` holds, with a time limit for connecting.

    The driver quotes what it cannot parse, and of a password with a bare "@" it takes a part for the host: so what is not beyond doubt
    is refused here, and not quoted.

    Raises
    ------
    DatabaseError
        If it is empty or not well-formed.
    """
    text = url.get_secret_value().strip()
    if not text:
        raise DatabaseError(f"{variable} names no database. Set it in the environment of the run: {EXAMPLE}")
    split = _split(text)
    if split is None:
        raise DatabaseError(
            f"{variable} is no well-formed address. Write it as {EXAMPLE}; characters of the password with a meaning of their own "
            "are percent-encoded: %40 for @, %2F for /, %3A for :, %23 for #, %3F for ?, %25 for %."
        )
    if "connect_timeout" not in parse_qs(split.query):
        text += f"{'&' if split.query else '?'}connect_timeout={CONNECT_SECONDS}"
    host = split.hostname or next(iter(parse_qs(split.query).get("host", [])), "the local socket")
    where = f"{host}{f':{split.port}' if split.port else ''}{unquote(split.path)}"
    return Address(variable, where, SecretStr(text))


def _split(text: str) -> SplitResult | None:
    """The parts of an address, None where they are in doubt."""
    if re.search(r"\s|%(?![0-9A-Fa-f]{2})", text):
        return None
    try:
        split = urlsplit(text)
        _ = split.port  # raises where it is no number
    except ValueError:
        return None
    doubtful = split.netloc.count("@") > 1 or "@" in split.path + split.query or split.fragment or text.endswith("#")
    return None if doubtful or split.scheme not in SCHEMES else split
