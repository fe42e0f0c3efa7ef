"""Settings of the log that a command writes to stderr."""

from typing import Literal

from pydantic import Field

from models.settings import Frozen


class LogSettings(Frozen):
    """What is written to stderr while a command works."""

    format: Literal["lines", "json"] = Field("lines", description="lines for people, or one JSON object a line for programs")
