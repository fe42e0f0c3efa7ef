"""What reaches a terminal: texts from data are shown as they are, and never obeyed."""

import re
from typing import Any

from rich.console import Console
from rich.text import Text

LOG_WIDTH = 140

# Everything a terminal may take for a command (but line ends and tabs), marks that turn the direction of what follows,
# and halves of characters that no encoding has.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Return a text with what a terminal would obey written out, such as \x1b."""
    return _OBEYED.sub(lambda found: ascii(found[0])[1:-1], text)


class VisibleConsole(Console):
    """A console on which no text moves the cursor, sets a title or turns into a picture, whoever wrote it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text for display; all strings, also those in tables, come through here."""
        return super().render_str(visible(text), **options)


def readable_console() -> VisibleConsole:
    """Return a console for stdout; lines written to a file or a log may be longer than those of a narrow terminal."""
    console = VisibleConsole()
    return console if console.is_terminal else VisibleConsole(width=LOG_WIDTH)
