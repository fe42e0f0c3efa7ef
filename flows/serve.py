"""Serve the schedules of a config to a Prefect server: register them, and start the runs that fall due, until stopped."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from data.published import read_manifest
from flows.notify.late import lateness
from flows.prefect_environment import prepare_for_serving
from flows.prefect_server import lasting_server
from flows.scheduled.missed import published_nights
from flows.schedules import NIGHTLY, Schedule, schedules_of
from flows.settings import Settings, load_settings
from flows.terminal import VisibleConsole
from flows.time_zone import zone_of

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment


def serve(config: Path) -> None:
    """Serve the schedules of a config until stopped; one run at a time. On a stop the schedules are paused.

    A night that is due and was not run, since nothing was served or the machine was off, is started at once.

    Raises
    ------
    ConfigError
        If the config cannot be used.
    PrefectServerError
        If no server is configured, or it does not answer.
    """
    settings = load_settings(config)
    url = lasting_server()
    prepare_for_serving()
    import prefect

    chosen = schedules_of(settings)
    deployments = [deployment(config, settings, schedule) for schedule in chosen]
    console = VisibleConsole()
    console.print(
        f"[bold]{escape(settings.name)}[/] is served to {escape(url)}; when it is stopped, its schedules are paused", soft_wrap=True
    )
    for schedule in chosen:
        console.print(f"  {schedule.name}: {schedule.cron(settings)} ({zone_of(settings)}) · {escape(schedule.purpose)}", soft_wrap=True)
    _begin(settings, chosen, deployments, console)
    try:
        # Prefect's own pausing on shutdown happens after Ctrl-C, but not after a SIGTERM, which is how services are stopped.
        prefect.serve(*deployments, limit=1, print_starting_message=False, pause_on_shutdown=False)
    finally:
        _pause(deployments, console)


def scheduled_flow(schedule: Schedule) -> Any:
    """Return the Prefect flow of a schedule."""
    module, _, name = schedule.flow.partition(":")
    return getattr(import_module(module), name)


def deployment(config: Path, settings: Settings, schedule: Schedule) -> "RunnerDeployment":
    """Return what a schedule of a config is on a Prefect server. A newcomer that would overlap itself is cancelled."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    return scheduled_flow(schedule).to_deployment(  # type: ignore[no-any-return]
        name=schedule.deployment_name(settings),
        schedule=Cron(schedule.cron(settings), timezone=zone_of(settings)),
        parameters={"config": str(config.resolve()), **schedule.parameters},
        description=schedule.purpose,
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def night_is_due(settings: Settings, now: datetime) -> bool:
    """Return whether the night whose time came last has not been published; of a config that never published a night it is not due."""
    nights = published_nights(settings)
    moments = (datetime.fromisoformat(read_manifest(run)["finished_at"]) for run in nights)
    local = now.astimezone(ZoneInfo(zone_of(settings)))
    return bool(nights) and lateness(local, settings.schedule.at, settings.frequency, moments).published is None


def _begin(settings: Settings, chosen: Sequence[Schedule], deployments: "Sequence[RunnerDeployment]", console: Console) -> None:
    """Register the deployments, drop what fell due while nothing was served, and start the night if it was missed.

    Each of the runs that fell due would be tonight's once more: the nights between are caught up by the first.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType

    waiting = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])))
    now = datetime.now(UTC)
    with get_client(sync_client=True) as client:
        ids = [cast(UUID, served.apply()) for served in deployments]
        of_these = DeploymentFilter(id=DeploymentFilterId(any_=ids))
        fell_due = [
            found
            for found in client.read_flow_runs(flow_run_filter=waiting, deployment_filter=of_these)
            if found.auto_scheduled and found.expected_start_time is not None and found.expected_start_time < now
        ]
        for found in fell_due:
            client.delete_flow_run(found.id)
        if fell_due:
            console.print(f"  {len(fell_due)} runs that fell due while nothing was served were dropped", soft_wrap=True)
        if night_is_due(settings, now):
            number = next(number for number, schedule in enumerate(chosen) if schedule.flow == NIGHTLY)
            client.create_flow_run_from_deployment(ids[number])
            console.print("  the night that was due has not been published: it is started now", soft_wrap=True)


def _pause(deployments: "Sequence[RunnerDeployment]", console: Console) -> None:
    """Pause the schedules, or all that fell due meanwhile would run at the next start."""
    import httpx
    from prefect.client.orchestration import get_client

    try:
        with get_client(sync_client=True) as client:
            for served in deployments:
                client.pause_deployment(client.read_deployment_by_name(f"{served.flow_name}/{served.name}").id)
    except httpx.HTTPError as error:
        console.print(f"the server no longer answers, so the schedules could not be paused: {escape(str(error))}", soft_wrap=True)
