"""Settings, stages in order, Prefect flows and schedule, command line, report. Only this room knows Prefect.

`from flows import open_run` begins an analyst's session (`flows.bench`, docs/operations.md); `import flows` alone loads nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.bench import Run, forecast, night, open_run, recommend

__all__ = ["Run", "forecast", "night", "open_run", "recommend"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("flows.bench"), name)
    raise AttributeError(f"module 'flows' has no attribute {name!r}")
