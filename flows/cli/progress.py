"""Progress on a terminal: a bar where someone watches, a line a task where nobody does. Drawn from the log of the night."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from flows.cli.failures import RUN_ERRORS, USAGE_ERRORS, exit_code
from flows.log_lines import json_lines
from flows.log_settings import LogSettings
from flows.terminal import VisibleConsole, visible

INGEST_TASKS = 15
"""Tasks before the plan of the night is known."""


class _Bar(logging.Handler):
    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self.progress = progress
        self.bar = progress.add_task("starting", total=INGEST_TASKS)
        self.done = -1

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "for_programs", False):
            return
        if ahead := getattr(record, "tasks_ahead", None):
            self.progress.update(self.bar, total=max(self.done, 0) + 1 + ahead)
        elif task := getattr(record, "task", None):
            self.done += 1
            self.progress.update(self.bar, completed=self.done, description=task)
        elif record.levelno >= logging.WARNING:
            self.progress.console.print(record.getMessage(), style="yellow", markup=False)


class _VisibleLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


@contextmanager
def shown_progress(*, quiet: bool, debug: bool = False, settings: LogSettings | None = None) -> Iterator[None]:
    """Show the progress of what happens inside the block on stderr, unless `quiet`; with `debug` also tracebacks of failed regions.

    Where `settings` say so it is JSON lines instead, also when `quiet`; an error a user can mend is then the last of them.
    """
    if settings is not None and settings.format == "json":
        with _ended_as_told(debug=debug), json_lines(logging.DEBUG if debug else logging.INFO):
            yield
        return
    log = logging.getLogger("fillrate")
    log.propagate = False
    log.setLevel(logging.DEBUG if debug else logging.INFO)
    console = VisibleConsole(stderr=True)
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
        for_people = {"task", "for_programs"}.isdisjoint
        handler.addFilter(lambda record: record.levelno >= logging.WARNING or for_people(vars(record)))
        handler.setFormatter(_VisibleLines("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        if progress is not None:
            progress.stop()


@contextmanager
def _ended_as_told(*, debug: bool) -> Iterator[None]:
    """Exit with the code of an error that a user can mend: it stands in the log, where a plain line after JSON lines would be none."""
    try:
        yield
    except (*USAGE_ERRORS, *RUN_ERRORS) as error:
        if debug:
            raise
        raise typer.Exit(exit_code(error)) from error
