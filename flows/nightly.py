"""A night under Prefect, from a command: a server is found or started, then the flow runs in this process."""

from contextlib import ExitStack
from urllib.parse import urlsplit

from data.lake import Lake
from data.lock import lake_lock
from flows.conductor import Outcome, Request
from flows.prefect_environment import configured_server, prepare_for_lasting_server, prepare_for_own_server
from flows.prefect_server import TemporaryServer, lasting_server, temporary_server
from flows.settings import ConfigError, Settings

DRAIN_SECONDS = 10


def run_nightly(settings: Settings, request: Request) -> Outcome:
    """Run a night as a Prefect flow, on the configured server or on a temporary one that ends with it.

    Prefect is imported here and not earlier: its environment must stand first, and who runs without Prefect need not wait for it.

    Raises
    ------
    ConfigError
        If workers elsewhere could not reach the server.
    PrefectServerError
        If the server does not answer.
    LakeLocked, InputError, LakeError, PublishError, NothingToPublish, UnknownRegion
        As `conduct`.
    """
    with lake_lock(Lake(settings.lake).root, lapse_seconds=settings.lake.lock_seconds):
        pass  # a lake in use is told at once, not after a server was started
    with ExitStack() as stack:
        server: TemporaryServer | None = None
        if configured_server() is not None:
            url = lasting_server()
            prepare_for_lasting_server()
        else:
            _refuse_workers_elsewhere(settings)
            server = stack.enter_context(temporary_server())
            url = server.url
            prepare_for_own_server(server.home)

        from prefect.events.worker import EventsWorker
        from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

        from flows.nightly_flow import run_in_flow

        if server is not None:
            server.wait()
            # What Prefect would still tell a server that has gone delays the end of the process by minutes.
            stack.callback(EventsWorker.drain_all, timeout=DRAIN_SECONDS)
        # The heartbeat thread would cost seconds, to tell a server about a run that the caller is watching.
        stack.enter_context(temporary_settings({PREFECT_API_URL: url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}))
        return run_in_flow(settings, request, shown=server is None)


def _refuse_workers_elsewhere(settings: Settings) -> None:
    address = settings.cluster.address if settings.cluster else None
    if address is not None and urlsplit(address).hostname not in ("127.0.0.1", "localhost"):
        raise ConfigError(
            f"the workers of {address} ([cluster] address) need a Prefect server that they reach, and PREFECT_API_URL names none: "
            "start one (`prefect server start --host 0.0.0.0`) and set PREFECT_API_URL to its address, or run with --direct, "
            "in one process, which needs neither"
        )
