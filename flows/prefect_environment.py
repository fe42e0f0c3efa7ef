"""What Prefect is told through the environment, before it is imported: to be quiet, and which server to use."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from flows.settings import ConfigError

STARTUP_SECONDS = 90
"""How long a server may take to answer; Prefect's own 20 are too few on a busy machine."""

QUIET = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(STARTUP_SECONDS),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    # A failed region is told by fillrate itself; Prefect would print its traceback as well.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    "DASK_LOGGING__DISTRIBUTED": "error",
}
"""For a run that a person or a scheduler started: no line of Prefect's, no telemetry."""

LOGGED = {
    "PREFECT_LOGGING_TO_API_ENABLED": "true",
    "PREFECT_LOGGING_LEVEL": "INFO",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "fillrate",
}
"""For a run on a server that stays: what the stages say is kept there."""

_LOCAL = "127.0.0.1"


def configured_server() -> str | None:
    """Return the URL of the Prefect server that the user chose, None if there is none.

    It is `PREFECT_API_URL` in the environment, or in the active profile, where `prefect config set` puts it.

    Raises
    ------
    ConfigError
        If Prefect's file of profiles is not readable.
    """
    if url := os.environ.get("PREFECT_API_URL"):
        return url
    home = Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    path = Path(os.environ.get("PREFECT_PROFILES_PATH") or home / "profiles.toml").expanduser()
    if not path.is_file():
        return None
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"Prefect's profiles in {path} are not readable: {error}; mend the file, or run with --direct") from error
    active = os.environ.get("PREFECT_PROFILE") or document.get("active")
    profile = document.get("profiles", {}).get(active, {})
    return profile.get("PREFECT_API_URL") or None


def prepare_for_own_server(home: Path) -> None:
    """Set the environment of a run on a temporary server; what the user set stays. Call it before Prefect is imported."""
    _set_defaults({**QUIET, "PREFECT_HOME": str(home), "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false"})
    for name in ("NO_PROXY", "no_proxy"):
        # A proxy could not reach the server of this machine.
        known = os.environ.get(name, "")
        if _LOCAL not in known.split(",") and known != "*":
            os.environ[name] = f"{known},{_LOCAL}" if known else _LOCAL


def prepare_for_lasting_server() -> None:
    """Set the environment of a run on a server that stays; what the user set stays. Call it before Prefect is imported."""
    _set_defaults({**QUIET, **LOGGED})


def prepare_for_serving() -> None:
    """Set the environment of the process that starts scheduled runs, and of those runs. Call it before Prefect is imported."""
    told = {key: value for key, value in QUIET.items() if key != "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"}
    _set_defaults({**told, **LOGGED})


def environment_of_own_server(home: Path) -> dict[str, str]:
    """Return the environment of the temporary server: nothing that the user set for another Prefect server reaches it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {
        **inherited,
        **QUIET,
        "PREFECT_HOME": str(home),
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home}/prefect.db",
        "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT__SERVER_EPHEMERAL": "1",
        "PREFECT__SERVER_FINAL": "1",
    }


def _set_defaults(values: Mapping[str, str]) -> None:
    for name, value in values.items():
        os.environ.setdefault(name, value)
