"""The log for programs: one JSON object a line on stderr, with the run, region and task that it is about."""

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

LOG = "fillrate"
FIELDS = ("run_id", "region", "task", "seconds", "counts")
"""What a line has beside time, level and event, where it is known. Nothing else that a record carries is written."""

_bound: ContextVar[Mapping[str, str]] = ContextVar("fillrate_log_ids", default={})  # noqa: B039 - replaced, never changed


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Let every line that is logged inside the block name these ids, such as `run_id` or `region`."""
    before = _bound.set({**_bound.get(), **ids})
    try:
        yield
    finally:
        _bound.reset(before)


class JsonLines(logging.Formatter):
    """Makes one JSON object of a record: time in UTC, level, event (the message), then FIELDS, and a traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        known = {**_bound.get(), **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)}}
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **{name: known[name] for name in FIELDS if name in known},
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


@contextmanager
def json_lines(level: int = logging.INFO) -> Iterator[None]:
    """Write what is logged inside the block to stderr as JSON lines, and nowhere else on stderr; an error that ends it is the last.

    Handlers that a Prefect server gave the log stay: what is kept there has its own form.
    """
    log = logging.getLogger(LOG)
    propagates, before = log.propagate, log.level
    handler = _handler()
    log.propagate = False
    log.setLevel(level)
    log.addHandler(handler)
    try:
        yield
    except Exception as error:
        log.critical("%s", str(error) or type(error).__name__, exc_info=level <= logging.DEBUG)
        raise
    finally:
        log.removeHandler(handler)
        log.propagate = propagates
        log.setLevel(before)


@dataclass(frozen=True)
class Carried:
    """What another process needs to log as this one does. level: of the JSON lines, None where there are none; ids: bound ones."""

    level: int | None
    ids: Mapping[str, str]


def carried() -> Carried:
    """Return how this process logs, for one that works for it."""
    log = logging.getLogger(LOG)
    return Carried(log.level if any(isinstance(handler.formatter, JsonLines) for handler in log.handlers) else None, dict(_bound.get()))


def log_as(other: Carried) -> None:
    """Log as another process does, until this one ends; where that writes lines for people, it tells what is to be told itself."""
    if other.level is None:
        return
    log = logging.getLogger(LOG)
    log.propagate = False
    log.setLevel(other.level)
    log.addHandler(_handler())
    _bound.set(dict(other.ids))


@contextmanager
def logged_as(other: Carried) -> Iterator[None]:
    """Log as another process does inside the block, in a worker that serves one process after another."""
    log = logging.getLogger(LOG)
    propagates, level, handlers, ids = log.propagate, log.level, log.handlers[:], _bound.get()
    log_as(other)
    try:
        yield
    finally:
        log.propagate, log.handlers[:] = propagates, handlers
        log.setLevel(level)
        _bound.set(ids)


def _handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    return handler
