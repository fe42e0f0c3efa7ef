"""Settings of a run: the rooms' settings put together, read from TOML, with FILLRATE_… variables and --set on top."""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from data.settings import InputsSettings, LakeSettings, OrdersSettings, OutputSettings
from flows.cluster_settings import ClusterSettings
from flows.log_settings import LogSettings
from flows.notify_settings import NotifySettings
from flows.schedule_settings import ScheduleSettings
from models.settings import BacktestSettings, ForecastSettings, ReplaySettings, ReplenishmentSettings


def checkout() -> Path:
    """Return the folder of the source checkout, where configs and the sample are."""
    return Path(__file__).resolve().parent.parent


MOST_TOML = 1 << 18
"""Characters of a config or a file of scenarios; the longest of the shipped ones has 3,000."""
DEEPEST = 32
"""Parts of a dotted key: the parser's memory grows with their square."""
_LONG_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{DEEPEST},}}""")
MOST_FAULTS = 10
"""Faults of a config that are told at once."""
SHOWN = 80
"""Characters of a key or value that are shown in a message."""


class ConfigError(Exception):
    """A config cannot be used; the message says what is wrong where, and how to mend it."""


class Settings(BaseSettings):
    """Everything a run is told. `FILLRATE_REPLENISHMENT__SERVICE_LEVEL=0.98` in the environment overrides a key."""

    # What stands under a key that there is not may be a secret: not even a traceback repeats it.
    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="FILLRATE_", env_nested_delimiter="__", hide_input_in_errors=True
    )

    name: str = Field(min_length=1, max_length=80, description="name of the config, shown in the report")
    frequency: Literal["day", "week"] = Field("day", description="time step of the run")
    horizon: int = Field(28, ge=1, le=366, description="periods forecast and published")
    seed: int = Field(7, ge=0, description="seed of every random choice; same inputs, config and seed give the same numbers")
    inputs: InputsSettings = Field(description="where the input tables are and how they are read")
    lake: LakeSettings = Field(description="where history and models are kept")
    output: OutputSettings = Field(description="where runs are published")
    orders: OrdersSettings = Field(OrdersSettings(), description="the order files that go to suppliers")
    forecast: ForecastSettings = Field(ForecastSettings(), description="how demand is forecast")
    replenishment: ReplenishmentSettings = Field(ReplenishmentSettings(), description="how orders are chosen")
    backtest: BacktestSettings = Field(BacktestSettings(), description="how the forecasts are judged on the past")
    replay: ReplaySettings = Field(ReplaySettings(), description="how the orders are judged on the past, in money")
    notify: NotifySettings = Field(NotifySettings(), description="what people are told of a night")
    schedule: ScheduleSettings = Field(ScheduleSettings(), description="when nights run, and what they wait for")
    cluster: ClusterSettings | None = Field(None, description="processes or machines on which regions are computed side by side")
    log: LogSettings = Field(LogSettings(), description="the log on stderr")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment go before the file."""
        return env_settings, init_settings


class _FileOnly(Settings):
    """Settings as recorded in a manifest: the environment has had its say already."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given and nothing else."""
        return (init_settings,)


def load_settings(path: Path, changes: Sequence[str] = (), *, output: str | None = None) -> Settings:
    """Return the settings of a config file.

    Parameters
    ----------
    path
        TOML file.
    changes
        `key=value` pairs such as `replenishment.service_level=0.98`; the value is read as TOML, else as text. They go before
        the environment and the file.
    output
        Where to publish instead of `output.path`.

    Raises
    ------
    ConfigError
        If the file is missing or no TOML, a key is unknown, or a value does not fit.
    """
    content = read_toml(path, "config", "`fillrate init DIR` writes one to start from")
    environment = _environment()
    merged = _merged(content, environment)
    for change in changes:
        merged = _merged(merged, _change(change))
    if output is not None:
        merged = _merged(merged, {"output": {"path": output}})
    return _validated(merged, str(path))


def read_toml(path: Path, what: str, otherwise: str) -> dict[str, Any]:
    """Return what a TOML file holds.

    Parameters
    ----------
    path
        The file.
    what
        What it is, for the message where there is none.
    otherwise
        What helps where no file of a similar name lies beside it.

    Raises
    ------
    ConfigError
        If it is missing, no TOML or too large.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_TOML + 1)
        return parsed_toml(content.decode("utf-8-sig"))
    except FileNotFoundError:
        near = difflib.get_close_matches(path.name, [file.name for file in path.parent.glob("*.toml")], n=1) if path.parent.is_dir() else []
        hint = f"did you mean {path.parent / near[0]}?" if near else otherwise
        raise ConfigError(f"there is no {what} {path}; {hint}") from None
    except (ValueError, OSError) as error:
        raise ConfigError(f"{path} is not readable as TOML: {error}") from error


def parsed_toml(text: str) -> dict[str, Any]:
    """Return what a TOML document holds.

    Raises
    ------
    ValueError
        If it is no TOML, or more than the parser takes without running out of memory or depth.
    """
    if len(text) > MOST_TOML:
        raise ValueError(f"it is longer than {MOST_TOML >> 10} KiB")
    if _LONG_KEY.search(text):
        raise ValueError(f"a key has over {DEEPEST} parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("brackets in it are nested too deeply") from None


def recorded_settings(document: Mapping[str, Any]) -> Settings:
    """Return the settings that a manifest recorded."""
    return _validated(document, "the run's manifest")


def changed_settings(settings: Settings, changes: Sequence[str]) -> Settings:
    """Return settings with `key=value` pairs in place of what they hold, as `load_settings` reads them.

    Raises
    ------
    ConfigError
        If a pair cannot be read, a key is unknown, or a value does not fit.
    """
    merged = settings.model_dump(mode="json")
    for change in changes:
        merged = _merged(merged, _change(change))
    return _validated(merged, "--set") if changes else settings


def _validated(document: Mapping[str, Any], where: str) -> Settings:
    try:
        return _FileOnly(**document)
    except ValidationError as error:
        raise ConfigError(f"{where}: {sentences(error, known_keys())}") from error


def _environment() -> dict[str, Any]:
    values = EnvSettingsSource(Settings)()
    return {key: value for key, value in values.items() if value is not None}


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _change(change: str) -> dict[str, Any]:
    key, equals, text = change.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {change!r} is not key=value, as in --set replenishment.service_level=0.98")
    parts = key.strip().split(".")
    if len(parts) > DEEPEST:
        raise ConfigError(f"--set {change[:SHOWN]!r}… has a key of over {DEEPEST} parts")
    try:
        value = parsed_toml(f"value = {text}")["value"]
    except ValueError:
        value = text
    for part in reversed(parts):
        value = {part: value}
    return dict(value)


def sentences(error: ValidationError, known: Sequence[str], reference: str = "docs/configuration.md") -> str:
    """Return what pydantic found wrong with a file, key by key; an unknown one with the nearest of the `known`."""
    problems = error.errors()
    told = [_sentence(dict(problem), known, reference) for problem in problems[:MOST_FAULTS]]
    return "; ".join(told) + (f"; and {len(problems) - MOST_FAULTS:,} more faults" if len(problems) > MOST_FAULTS else "")


def _sentence(problem: Mapping[str, Any], known: Sequence[str], reference: str) -> str:
    place = [_shortened(str(part)) for part in problem["loc"]]
    key = ".".join(place)
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5) or difflib.get_close_matches(place[-1], known, n=1, cutoff=0.4)
        return f"unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else f"; {reference} lists the keys")
    if problem["type"] == "missing":
        return f"key {key!r} is missing"
    # Whoever writes keys into an address must not read them in a log.
    found = _shortened(re.sub(r"://[^/]*@", "://…@", repr(problem["input"])))
    return f"{key} is {found}: {problem['msg'][0].lower()}{problem['msg'][1:]}"


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def known_keys(model: type[BaseModel] = Settings, prefix: str = "") -> list[str]:
    """Return every key of a config, dotted."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        if section := section_of(field.annotation):
            keys += known_keys(section, f"{prefix}{name}.")
    return keys


def section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model of a key that is a section, also where the section may be left out; None for any other key."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None
