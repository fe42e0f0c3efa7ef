"""Commands that tell people of nights: late, notify."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from flows.cli.failures import Exit
from flows.cli.locate import locate_run, newest_run
from flows.cli.progress import shown_progress
from flows.cli.summary import show_notified
from flows.notified import settings_or_told, tell_if_late, tell_of_run
from flows.notify_settings import URLS
from flows.settings import ConfigError, load_settings
from flows.terminal import readable_console
from flows.time_zone import zone_of


def tell_when_late(config: Path) -> None:
    """Tell people where the night that was due has not been published; exits with 1 then."""
    settings, console = settings_or_told(config, []), readable_console()
    with shown_progress(quiet=True, settings=settings.log):
        found, sent = tell_if_late(settings, datetime.now(ZoneInfo(zone_of(settings))))
    due = f"the night due by {found.due:%Y-%m-%d %H:%M}"
    if found.published is not None:
        console.print(f"In time: {due} was published at {found.published.astimezone(found.due.tzinfo):%Y-%m-%d %H:%M}.", highlight=False)
        return
    console.print(f"Late: {due} has not been published.", highlight=False)
    show_notified(sent, console)
    if not sent:
        console.print(f"  nobody was notified: {URLS} names no address", highlight=False)
    raise typer.Exit(Exit.NOTHING)


def notify_again(config: Path, run_id: str | None) -> None:
    """Tell people of a published run, once more or to try the addresses; exits with 1 where one does not take it."""
    settings, console = load_settings(config), readable_console()
    run = newest_run(settings.output.path) if run_id is None else locate_run(run_id, settings.output.path)
    with shown_progress(quiet=True, settings=settings.log):
        sent = tell_of_run(run, settings)
    if not sent:
        raise ConfigError(f"{URLS} names no address: set it to Apprise URLs, such as mailto://user:password@example.com, apart by blanks")
    console.print(f"run [bold]{escape(run.run_id)}[/], as of {run.as_of}", highlight=False)
    show_notified(sent, console)
    if any(one.problem is not None for one in sent):
        raise typer.Exit(Exit.NOTHING)
