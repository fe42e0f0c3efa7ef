"""Progress on a terminal: a bar where someone watches, a line a task where nobody does. Drawn from the log of the night."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

INGEST_TASKS = 15
"""Tasks before the plan of the night is known."""


class _Bar(logging.Handler):
    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self.progress = progress
        self.bar = progress.add_task("starting", total=INGEST_TASKS)
        self.done = -1

    def emit(self, record: logging.LogRecord) -> None:
        if ahead := getattr(record, "tasks_ahead", None):
            self.progress.update(self.bar, total=max(self.done, 0) + 1 + ahead)
        elif task := getattr(record, "task", None):
            self.done += 1
            self.progress.update(self.bar, completed=self.done, description=task)
        elif record.levelno >= logging.WARNING:
            self.progress.console.print(record.getMessage(), style="yellow", markup=False)


@contextmanager
def shown_progress(*, quiet: bool, debug: bool = False) -> Iterator[None]:
    """Show the progress of what happens inside the block on stderr, unless `quiet`; with `debug` also tracebacks of failed regions."""
    log = logging.getLogger("fillrate")
    log.propagate = False
    log.setLevel(logging.DEBUG if debug else logging.INFO)
    console = Console(stderr=True)
    progress: Progress | None = None
    handler: logging.Handler
    if not quiet and console.is_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        progress = Progress(*columns, console=console, transient=True)
        handler = _Bar(progress)
        progress.start()
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setLevel(logging.WARNING if quiet else logging.INFO)
        handler.addFilter(lambda record: record.levelno >= logging.WARNING or not hasattr(record, "task"))
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        if progress is not None:
            progress.stop()
