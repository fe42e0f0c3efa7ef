"""A night under Prefect, from a command: a server is found or started, then the flow runs in this process."""

from contextlib import ExitStack

from data.lake import Lake
from data.lock import lake_lock
from flows.conductor import Outcome, Request
from flows.prefect_environment import configured_server, prepare_for_lasting_server, prepare_for_own_server
from flows.prefect_server import TemporaryServer, lasting_server, temporary_server
from flows.settings import Settings

DRAIN_SECONDS = 10


def run_nightly(settings: Settings, request: Request) -> Outcome:
    """Run a night as a Prefect flow, on the configured server or on a temporary one that ends with it.

    Prefect is imported here and not earlier: its environment must stand first, and who runs without Prefect need not wait for it.

    Raises
    ------
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
