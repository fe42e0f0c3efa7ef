"""Regions side by side: the same work in this process, or in several that each take a region at a time."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any

from polars.exceptions import PanicException

from flows.log_lines import Carried, bound, carried, log_as

log = logging.getLogger("fillrate")

Task = Callable[..., None]
Failed = dict[str, str]


class Workers:
    """Carries out a task for each of several regions, as many at a time as there are processes."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    @property
    def side_by_side(self) -> bool:
        """Whether regions are worked on in several processes."""
        return self._pool is not None

    def each(self, name: str, regions: Sequence[str], task: Task, night: Any, *arguments: Any) -> Failed:
        """Carry out `task(night, region, *arguments)` for every region; return what went wrong, by region.

        Parameters
        ----------
        name
            Of the task, for the progress shown.
        regions
            Largest first, so that no process is left with a large one at the end.
        """
        failed: Failed = {}
        for region, error in self._carried_out(regions, task, night, arguments):
            log.info("%s-%s", name, region, extra={"task": f"{name}-{region}", "region": region})
            if error is not None:
                log.error("region %s failed in %s: %s", region, name, error, extra={"region": region})
                failed[region] = error
        return failed

    def _carried_out(self, regions: Sequence[str], task: Task, night: Any, arguments: tuple[Any, ...]) -> Iterator[tuple[str, str | None]]:
        if self._pool is None:
            for region in regions:
                yield region, attempt(task, night, region, *arguments)
            return
        waiting: dict[Future[str | None], str] = {self._pool.submit(attempt, task, night, region, *arguments): region for region in regions}
        for future in as_completed(waiting):
            yield waiting[future], future.result()


def attempt(task: Task, night: Any, region: str, *arguments: Any) -> str | None:
    """Carry out a region's task; return what went wrong, None if nothing did."""
    try:
        with bound(region=region):
            task(night, region, *arguments)
    except (Exception, PanicException) as error:
        log.debug("region %s", region, exc_info=True)
        return f"{type(error).__name__}: {error}"
    return None


def begin_worker(logging_there: Carried) -> None:
    """Log as the process that started this one does, and end when that is gone, killed for instance: nobody would take the results."""
    log_as(logging_there)
    parent = parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()


def worker_count(asked: int, regions: int) -> int:
    """Return the processes to use: those asked for, or one per core for 0, never more than there are regions."""
    return max(1, min(asked or len(os.sched_getaffinity(0)), regions))


@contextmanager
def workers(count: int) -> Iterator[Workers]:
    """Yield as many worker processes, which share the cores evenly; with one the work is done here."""
    if count == 1:
        yield Workers(None)
        return
    # polars reads this when it is imported, so the processes must be born with it.
    threads = max(1, len(os.sched_getaffinity(0)) // count)
    before = os.environ.get("POLARS_MAX_THREADS")
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    try:
        with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=begin_worker, initargs=(carried(),)) as pool:
            yield Workers(pool)
    finally:
        if before is None:
            del os.environ["POLARS_MAX_THREADS"]
        else:
            os.environ["POLARS_MAX_THREADS"] = before
