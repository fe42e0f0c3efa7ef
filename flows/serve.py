"""Serve the schedules of a config to a Prefect server: register them, and start the runs that fall due, until stopped."""

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from flows.prefect_environment import prepare_for_serving
from flows.prefect_server import lasting_server
from flows.schedules import SCHEDULES, Schedule
from flows.settings import Settings, load_settings
from flows.time_zone import local_time_zone

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment


def serve(config: Path) -> None:
    """Serve the schedules of a config until stopped; one run at a time. On a stop the schedules are paused.

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
    console = Console()
    console.print(
        f"[bold]{escape(settings.name)}[/] is served to {escape(url)}; when it is stopped, its schedules are paused", soft_wrap=True
    )
    for schedule in chosen:
        zone = schedule.time_zone or local_time_zone()
        console.print(f"  {schedule.name}: {schedule.cron} ({zone}) · {escape(schedule.purpose)}", soft_wrap=True)
    try:
        # Prefect's own pausing on shutdown happens after Ctrl-C, but not after a SIGTERM, which is how services are stopped.
        prefect.serve(*deployments, limit=1, print_starting_message=False, pause_on_shutdown=False)
    finally:
        _pause(deployments, console)


def schedules_of(settings: Settings) -> list[Schedule]:
    """Return the schedules that a config of this frequency has."""
    return [schedule for schedule in SCHEDULES if schedule.frequency == settings.frequency]


def scheduled_flow(schedule: Schedule) -> Any:
    """Return the Prefect flow of a schedule."""
    module, _, name = schedule.flow.partition(":")
    return getattr(import_module(module), name)


def deployment(config: Path, settings: Settings, schedule: Schedule) -> "RunnerDeployment":
    """Return what a schedule of a config is on a Prefect server. A newcomer that would overlap itself is cancelled."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    # Characters that Prefect allows in no name.
    name = re.sub(r"[/%&<>]", "-", f"{settings.name}-{schedule.name}")
    return scheduled_flow(schedule).to_deployment(  # type: ignore[no-any-return]
        name=name,
        schedule=Cron(schedule.cron, timezone=schedule.time_zone or local_time_zone()),
        parameters={"config": str(config.resolve()), **schedule.parameters},
        description=schedule.purpose,
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def _pause(deployments: "list[RunnerDeployment]", console: Console) -> None:
    """Pause the schedules, or all that fell due meanwhile would run at the next start."""
    import httpx
    from prefect.client.orchestration import get_client

    try:
        with get_client(sync_client=True) as client:
            for served in deployments:
                client.pause_deployment(client.read_deployment_by_name(f"{served.flow_name}/{served.name}").id)
    except httpx.HTTPError as error:
        console.print(f"the server no longer answers, so the schedules could not be paused: {escape(str(error))}", soft_wrap=True)
