"""A night's region tasks side by side on Dask, each a Prefect task: the conductor's `spread`."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from polars.exceptions import PanicException
from prefect import Task
from prefect.cache_policies import NO_CACHE

from flows.cluster_settings import ClusterSettings
from flows.conductor import Ended, RegionTask, Spread
from flows.log_lines import Carried, carried, logged_as

log = logging.getLogger("fillrate")


class ClusterError(ConnectionError):
    """The cluster cannot be used; the message says which, and how to mend it."""


class RegionTaskFailed(Exception):
    """What went wrong in a worker, as text: not every library's error survives the way between processes."""


@contextmanager
def spread_over(cluster: ClusterSettings | None) -> Iterator[Spread | None]:
    """Yield what carries out region tasks on the cluster, for the length of a `with` block; None where there is no cluster.

    Tasks go to the scheduler whole and hold settings, versions and names; workers read the lake and write the workspace themselves. A task
    whose worker is lost is given to another, by Dask; it writes the same files again.

    Raises
    ------
    ClusterError
        If the scheduler at the address does not answer, or no processes can be started.
    """
    if cluster is None:
        yield None
        return
    # Here and not above: who needs no cluster need not wait for its libraries.
    from prefect_dask.task_runners import DaskTaskRunner

    with TemporaryDirectory(prefix="fillrate-dask-") as folder:
        runner = DaskTaskRunner(address=cluster.address) if cluster.address else DaskTaskRunner(cluster_kwargs=_local(cluster, folder))
        with runner:
            try:
                client = runner.client
            except (OSError, RuntimeError) as error:
                if cluster.address:
                    what = (
                        f"the Dask scheduler at {cluster.address} ([cluster] address) cannot be used ({error}): start it, mend the address"
                    )
                else:
                    what = f"Dask could not start processes on this machine ({error}): ask for fewer with [cluster] workers"
                raise ClusterError(
                    f"{what}, or run with --direct, in one process, which needs no cluster and gives the same numbers"
                ) from error

            def spread(tasks: Sequence[RegionTask]) -> Iterator[Ended]:
                from distributed import as_completed

                futures = [runner.submit(_prefect_task(task, carried()), parameters={}) for task in tasks]
                waiting = {future.wrapped_future: (task, future) for task, future in zip(tasks, futures, strict=True)}
                for done in as_completed(waiting, loop=client.loop):
                    task, future = waiting[done]
                    try:
                        future.result()
                    except RegionTaskFailed as error:
                        yield task, str(error)
                    except Exception as error:
                        yield task, f"{type(error).__name__}: {error}"
                    else:
                        yield task, None

            yield spread


def _local(cluster: ClusterSettings, folder: str) -> dict[str, object]:
    """Return how Dask starts processes on this machine: quiet, on loopback, for this user alone."""
    cores = len(os.sched_getaffinity(0))
    count = cluster.workers or cores
    return {
        "n_workers": count,
        "threads_per_worker": 1,
        "processes": True,
        "host": "127.0.0.1",
        # Whoever reaches a scheduler runs code as its user: encrypted, with a key of this night's own.
        "security": True,
        # Its page of state on any free port: on Dask's own one a second night of this machine would fail.
        "dashboard_address": "127.0.0.1:0",
        # Dask would kill a worker that takes more than its share of memory; how much a region takes does not depend on the others.
        "memory_limit": None,
        "local_directory": folder,
        "silence_logs": logging.CRITICAL,
        # polars reads this when it is imported, so the processes must be born with it.
        "env": {"POLARS_MAX_THREADS": str(max(1, cores // count))},
    }


def _prefect_task(task: RegionTask, logging_there: Carried) -> Task[[], None]:
    """Return a Prefect task without parameters: Prefect looks into those, and keeps nothing of what is inside the function."""
    return Task(
        _carrying_out(task, logging_there),
        name=task.function.__name__,
        task_run_name=task.name,
        cache_policy=NO_CACHE,
        persist_result=False,
    )


def _carrying_out(task: RegionTask, logging_there: Carried) -> Callable[[], None]:
    def carry_out() -> None:
        with logged_as(logging_there):
            try:
                task.carry_out()
            except (Exception, PanicException) as error:
                logging.getLogger("fillrate").debug("region %s", task.region, exc_info=True)
                raise RegionTaskFailed(f"{type(error).__name__}: {error}") from None

    return carry_out
