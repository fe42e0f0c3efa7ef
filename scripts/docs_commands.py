"""The reference page of the command line, from the commands themselves."""

from collections.abc import Iterator, Mapping
from typing import Any

from typer.main import get_command

from flows.cli.failures import Exit
from flows.cli.main import app
from scripts.docs_text import intro, page, table

EXIT_CODES: dict[Exit, tuple[str, str]] = {
    Exit.PUBLISHED: ("published; for commands that publish nothing: done", "nothing"),
    Exit.NOTHING: (
        "nothing published, because of the inputs, the lake, the output, a server, or a fault; what was published before still stands. "
        "Of `why`: a number did not come out as it was published. Of `late`: a night is late. Of `notify`: an address did not take it. "
        "Of `database`: a run could not be written",
        "read the message on stderr: it names what, where, and how to mend it; then run again",
    ),
    Exit.SOME_REGIONS_FAILED: (
        "published, but a region failed: its rows are missing",
        "read the message, mend, run again; forecasts and orders of the other regions can be used",
    ),
    Exit.USAGE: ("wrong usage or config: nothing was begun", "read the message"),
}
EVERYWHERE = ("debug",)
"""Options that every command has; told once."""


def commands_page() -> str:
    """Return docs/commands.md: exit codes, then every command with its arguments and options."""
    commands: Mapping[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    codes = ((f"{code:d}", *EXIT_CODES[code]) for code in Exit)
    parts = [intro("commands"), "## Exit codes", table(("code", "meaning", "what to do"), codes)]
    for name, command in commands.items():
        parts += _command(name, command)
    return page(parts)


def _command(name: str, command: Any) -> Iterator[str]:
    told = [parameter for parameter in command.params if parameter.name not in EVERYWHERE]
    words = [_usage(parameter) for parameter in told]
    yield f"## {name}"
    yield command.help
    yield f"```\nfillrate {' '.join([name, *words])}\n```"
    if told:
        yield table(("argument or option", "meaning"), ((f"`{_name(parameter)}`", parameter.help) for parameter in told))


def _usage(parameter: Any) -> str:
    name = _name(parameter)
    several = " …" if getattr(parameter, "multiple", False) else ""
    return name if parameter.required else f"[{name}]{several}"


def _name(parameter: Any) -> str:
    """Return an argument as `CONFIG`, an option as `--as-of DATE`."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar)
    value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
    return f"{parameter.opts[0]}{value}"
