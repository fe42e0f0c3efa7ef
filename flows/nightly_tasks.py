"""The coarse tasks of a night as Prefect tasks: the conductor's `do`."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from data.errors import InputError
from data.lake import LakeError
from data.lock import LakeLocked
from data.published import PublishError
from flows.settings import ConfigError
from flows.stages import housekeeping, ingest, publish

log = logging.getLogger("fillrate")
T = TypeVar("T")

RETRIED = (ingest.ingest, ingest.tidy, publish.publish_night, housekeeping.clean_up)
"""Tasks that read or write much and compute little: what fails there may pass by itself."""

LASTING = (ConfigError, InputError, LakeError, LakeLocked, PublishError)
"""What a person must mend: to try again would only delay the message."""

RETRY_SECONDS = [2.0, 10.0]


def as_tasks(task: str, function: Callable[..., T], *arguments: Any) -> T:
    """Carry out `function(*arguments)` as a Prefect task named `task`; return what it returns and raise what it raises.

    The arguments stay in the process: Prefect sees a function without any, keeps no result, and looks up no cache.
    """
    errors: list[Exception] = []

    def carry_out() -> T:
        try:
            return function(*arguments)
        except Exception as error:
            errors.append(error)
            if len(errors) > 1 and isinstance(error, LASTING):
                # What the first attempt left behind must not hide what stopped it.
                raise errors[0] from error
            raise

    def worth_another_try(_: Task[..., Any], __: TaskRun, ___: State[Any]) -> bool:
        if isinstance(errors[-1], LASTING):
            return False
        log.warning("%s failed and is tried again: %s: %s", task, type(errors[-1]).__name__, errors[-1])
        return True

    retried = function in RETRIED
    prefect_task = Task(
        carry_out,
        name=function.__name__,
        task_run_name=lambda: task,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=len(RETRY_SECONDS) if retried else 0,
        retry_delay_seconds=RETRY_SECONDS if retried else None,
        retry_condition_fn=worth_another_try if retried else None,
    )
    return prefect_task()
