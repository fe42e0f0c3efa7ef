"""How the commands that judge the past end: the results on the terminal or as one JSON document, and the exit code."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import typer

from flows.cli.failures import Exit


def end_with(failed: Mapping[str, str], *, as_json: bool, document: Callable[[], Mapping[str, object]], show: Callable[[], None]) -> None:
    """Print the results; exits with 2 when regions failed.

    Parameters
    ----------
    failed
        Region → error.
    as_json
        Whether to print `document`, with the exit code, instead of `show`ing.
    """
    code = Exit.SOME_REGIONS_FAILED if failed else Exit.PUBLISHED
    if as_json:
        sys.stdout.write(json.dumps({"exit_code": int(code), **document()}, ensure_ascii=False) + "\n")
    else:
        show()
    if code:
        raise typer.Exit(code)


def message_lines(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return plan messages as lines, each with what mends it."""
    return [f"  {message['message']}; {message['fix']}" if message["fix"] else f"  {message['message']}" for message in messages]
