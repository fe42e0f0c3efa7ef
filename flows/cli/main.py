"""The commands of `fillrate`. Heavy imports happen inside the commands, so that --help is quick."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

app = typer.Typer(
    name="fillrate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="From sales history to demand forecasts, stock-out alerts and reorder quantities, every night.\n\n"
    "Start with [bold]fillrate demo[/], then [bold]fillrate init DIR[/] for your own data.\n\n"
    "Exit codes: 0 published, 1 nothing published, 2 published with failed regions, 64 wrong usage or config.",
)

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="TOML file, such as configs/demo.toml.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help="Last known day; by default the last that looks whole."),
]
Out = Annotated[str | None, typer.Option("--out", metavar="DIR", help="Publish here instead of output.path.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a config key, such as replenishment.service_level=0.98; repeatable."),
]
Direct = Annotated[bool, typer.Option("--direct", help="Run without Prefect; the numbers are the same.")]
Regions = Annotated[
    list[str] | None, typer.Option("--region", metavar="REGION", help="Only this region; repeatable. Never becomes the latest.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the outcome as one JSON document on stdout, and nothing else there.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
RunId = Annotated[str, typer.Argument(metavar="RUN_ID", help="A run's id, its folder, or 'latest'.")]
OtherRun = Annotated[str | None, typer.Option("--run", metavar="RUN_ID", help="Another run than the newest: its id or its folder.")]
Where = Annotated[
    str | None, typer.Option("--out", metavar="DIR", help="Output folder of the run; by default it is looked for below ./out and here.")
]


@app.command()
def demo(direct: Direct = False, as_json: Json = False, debug: Debug = False) -> None:
    """Run a night on the sample shipped with fillrate; the result is in out/demo."""
    from flows.cli.nights import run_config
    from flows.conductor import Request
    from flows.settings import checkout

    sample = f'inputs.path="{checkout() / "data" / "samples" / "fresh"}"'
    run_config(checkout() / "configs" / "demo.toml", Request(), changes=[sample], direct=direct, as_json=as_json, debug=debug)


@app.command()
def run(
    config: Config,
    as_of: AsOf = None,
    out: Out = None,
    changes: Changes = None,
    direct: Direct = False,
    region: Regions = None,
    stage: Annotated[str | None, typer.Option("--stage", metavar="STAGE", help="End after ingest, train, forecast or recommend.")] = None,
    catch_up: Annotated[bool, typer.Option("--catch-up", help="Run the nights that were missed first, each as of its own day.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the tables of schedule.wait_for, and run again when what was missing comes.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run a night: take in what is new, forecast, recommend, publish."""
    from flows.cli.nights import request_of, run_config

    request = request_of(as_of, region, last=stage)
    asked = {"direct": direct, "as_json": as_json, "debug": debug, "catch_up": catch_up, "wait": wait}
    run_config(config, request, changes=changes, out=out, **asked)


@app.command()
def ingest(config: Config, changes: Changes = None, as_json: Json = False, debug: Debug = False) -> None:
    """Take new and changed input files into the lake, and nothing else."""
    from flows.cli.nights import request_of, run_config

    run_config(config, request_of(None, None, last="ingest"), changes=changes, direct=True, as_json=as_json, debug=debug)


@app.command()
def train(config: Config, as_of: AsOf = None, changes: Changes = None, as_json: Json = False, debug: Debug = False) -> None:
    """Train the models anew from what the lake holds, due or not."""
    from flows.cli.nights import request_of, run_config

    run_config(
        config, request_of(as_of, None, first="train", last="train", train=True), changes=changes, direct=True, as_json=as_json, debug=debug
    )


@app.command()
def forecast(
    config: Config,
    as_of: AsOf = None,
    out: Out = None,
    changes: Changes = None,
    region: Regions = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Forecast from what the lake holds and publish the forecasts alone; never becomes the latest."""
    from flows.cli.nights import request_of, run_config

    request = request_of(as_of, region, first="train", last="forecast")
    run_config(config, request, changes=changes, out=out, direct=True, as_json=as_json, debug=debug)


@app.command()
def recommend(
    config: Config,
    as_of: AsOf = None,
    out: Out = None,
    changes: Changes = None,
    region: Regions = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Forecast and recommend from what the lake holds, without taking anything in; never becomes the latest."""
    from flows.cli.nights import request_of, run_config

    request = request_of(as_of, region, first="train", last="recommend")
    run_config(config, request, changes=changes, out=out, direct=True, as_json=as_json, debug=debug)


@app.command()
def rerun(run_id: RunId, out: Where = None, as_json: Json = False, debug: Debug = False) -> None:
    """Run a published night again from the versions it recorded; the same numbers, under a new id beside it."""
    from flows.cli.nights import rerun_run

    rerun_run(run_id, out, as_json=as_json, debug=debug)


@app.command()
def backtest(
    config: Config,
    out: Out = None,
    changes: Changes = None,
    reopen: Annotated[
        str | None, typer.Option("--reopen", metavar="REASON", help="Open a locked window again; the reason is kept and shown.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Judge the forecasts on the past: train and forecast again from several days of it, beside simple rules.

    Which days, how far ahead and whether they are locked: section `backtest` of the config.
    """
    from flows.cli.backtests import backtest_config

    backtest_config(config, changes=changes, out=out, reopen=reopen, as_json=as_json, debug=debug)


@app.command()
def replay(
    config: Config,
    tune: Annotated[
        bool,
        typer.Option(
            "--tune", help="Tell instead how much holding should weigh when orders are chosen; the last window confirms the others."
        ),
    ] = False,
    out: Out = None,
    changes: Changes = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Cost the orders on the past: play it again night by night, beside simple ordering rules and perfect foresight.

    Which stretches and what stock they begin with: section `replay` of the config.
    """
    from flows.cli.replays import replay_config, tune_config

    (tune_config if tune else replay_config)(config, changes=changes, out=out, as_json=as_json, debug=debug)


@app.command()
def check(config: Config, changes: Changes = None, debug: Debug = False) -> None:
    """Read the inputs only: what is wrong with them and how to mend it. Writes nothing."""
    from flows.cli.inspect import check_inputs

    check_inputs(config, changes or [])


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")], debug: Debug = False) -> None:
    """Write a starter config and a template file for every input table."""
    from flows.cli.starter import write_starter

    write_starter(folder)


@app.command()
def report(run_id: RunId, out: Where = None, debug: Debug = False) -> None:
    """Print where a run's report and tables are, and what it says in short."""
    from flows.cli.inspect import show_run

    show_run(run_id, out)


@app.command(name="open")
def open_report(out: Where = None, debug: Debug = False) -> None:
    """Open the newest report in the browser."""
    from flows.cli.inspect import open_newest

    open_newest(out)


@app.command()
def diff(
    a: RunId,
    b: RunId,
    out: Where = None,
    quick: Annotated[bool, typer.Option("--quick", help="Compare what was published, without deciding again to say why.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say what changed from run A to run B and why (terms, plan, model, the day, sales, stock), in units and money.

    Writes nothing. The orders are decided again step by step, from what A knew to what B knew.
    """
    from flows.cli.differences import show_difference

    show_difference(a, b, out, quick=quick, as_json=as_json, debug=debug)


@app.command()
def why(
    sku: Annotated[str, typer.Argument(metavar="SKU", help="The item.")],
    fc: Annotated[str, typer.Argument(metavar="FC", help="The fulfilment centre.")],
    config: Annotated[
        Path | None, typer.Option("--config", metavar="CONFIG", help="Config whose newest run is meant; by default the newest of all.")
    ] = None,
    run_id: OtherRun = None,
    out: Where = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Ask what the row would be with another replenishment.… key, such as .service_level=0.98; repeatable.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all of it as one JSON document on stdout, and nothing else there.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Say why a row is as it is: every number computed again, told in words, with what would change the answer.

    Writes nothing. Exits with 1 where a number does not come out as it was published.
    """
    from flows.cli.why import explain_row

    explain_row(sku, fc, config=config, run_id=run_id, out=out, changes=changes or [], as_json=as_json)


@app.command()
def whatif(
    config: Config,
    scenarios: Annotated[Path, typer.Argument(metavar="SCENARIOS", help="TOML file of scenarios.")],
    run_id: OtherRun = None,
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Write the comparison here instead of output.path.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say what would be ordered if demand, lead times, service or costs were otherwise, beside the newest run as it was.

    Writes a comparison in units and money to `whatif/` of the output; nothing that was published is touched.
    """
    from flows.cli.scenarios import ask_what_if

    ask_what_if(config, scenarios, run_id=run_id, out=out, as_json=as_json, debug=debug)


@app.command()
def apply(
    workbook: Annotated[Path, typer.Argument(metavar="WORKBOOK", help="A run's report.xlsx with approved_units filled in.")],
    author: Annotated[str | None, typer.Option("--author", help="Who approved it; default: who is logged in.")] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Config whose section `orders` shapes the order files; default: the run's."),
    ] = None,
    out: Where = None,
    debug: Debug = False,
) -> None:
    """Turn a planner's workbook into one order file per supplier, and record what was changed, with author, reason and expiry.

    Everything is checked first: a workbook of another run or with a fault is refused with the cells that need mending, and nothing is
    written. Applying a workbook twice changes nothing.
    """
    from flows.cli.planner import apply_planner_workbook

    apply_planner_workbook(workbook, author, out, config)


@app.command()
def snooze(
    alert_id: Annotated[
        str | None,
        typer.Argument(metavar="ALERT_ID", help="An alert of the newest run, or how its id begins; without it what is snoozed is listed."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], metavar="DATE", help="Order date on which it is told again.")
    ] = None,
    until_worse: Annotated[
        bool, typer.Option("--until-worse", help="Until it is worse than it is now; with --until, whichever comes first.")
    ] = False,
    author: Annotated[str | None, typer.Option("--author", help="Who decides.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; it is kept with the decision.")] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="End a snooze: the alert is told again from the next night on.")] = False,
    out: Where = None,
    debug: Debug = False,
) -> None:
    """Silence an alert until a date or until it gets worse; the list of alerts leaves it out and counts it."""
    from flows.cli.snooze import snooze_alert

    snooze_alert(
        alert_id,
        until=until.date() if until else None,
        until_worse=until_worse,
        author=author,
        reason=reason,
        cancel=cancel,
        out=out,
    )


@app.command()
def late(config: Config, debug: Debug = False) -> None:
    """Tell people if the night that was due has not been published by notify.late_after; exits with 1 then. For a scheduler."""
    from flows.cli.notices import tell_when_late

    tell_when_late(config)


@app.command()
def notify(config: Config, run_id: OtherRun = None, debug: Debug = False) -> None:
    """Send the notification of a published run again, to try the addresses; exits with 1 where one does not take it."""
    from flows.cli.notices import notify_again

    notify_again(config, run_id)


@app.command()
def database(
    config: Config,
    run_id: Annotated[
        list[str] | None, typer.Option("--run", metavar="RUN_ID", help="Write this run, though the database may have it; repeatable.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Write published nights that the database of output.database_schema lacks; exits with 1 where one could not be written."""
    from flows.cli.databases import write_to_database

    write_to_database(config, run_id or [])


@app.command()
def serve(
    config: Config,
    prefect_yaml: Annotated[
        bool, typer.Option("--prefect-yaml", help="Print the schedule as a prefect.yaml instead, for `prefect deploy` and workers.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Serve the schedule of a config to a Prefect server, until stopped; a night that was missed is started at once."""
    if prefect_yaml:
        from flows.cli.inspect import print_deployments

        print_deployments(config)
        return
    from flows.serve import serve as serve_schedules

    serve_schedules(config)


INTERRUPTED = 130
"""What typer makes of a Ctrl-C."""


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(call(sys.argv[1:]))


def call(arguments: list[str]) -> int:
    """Run one command and return its exit code; an error a user can mend is one message on stderr."""
    try:
        code = int(app(args=arguments, standalone_mode=False) or 0)
    except typer.Exit as ended:
        code = int(ended.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # polars ends in a PanicException, which is no Exception, where a file is not what it says it is
        code = _told(error, debug="--debug" in arguments)
    if code == INTERRUPTED:
        print("fillrate: stopped; what was not published yet is left out, and the same command can be started again", file=sys.stderr)  # noqa: T201
        code = 1
    return code


def _told(error: BaseException, *, debug: bool) -> int:
    """Print an error for the person who can mend it and return the exit code."""
    from flows.terminal import visible

    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)
        # Without a message the help has been shown instead.
        if message := error.format_message().replace("Value error, ", ""):
            hint = f"\nTry: {context.command_path} --help" if context is not None else ""
            print(f"fillrate: {visible(message)}{hint}", file=sys.stderr)  # noqa: T201
        return 64
    from data.errors import disk_is_full
    from flows.cli.failures import FULL_DISK, RUN_ERRORS, USAGE_ERRORS, exit_code

    if debug:
        raise error
    if disk_is_full(error):
        print(f"fillrate: {visible(FULL_DISK.format(error=str(error).splitlines()[0]))}", file=sys.stderr)  # noqa: T201
        return 1
    if isinstance(error, (*USAGE_ERRORS, *RUN_ERRORS)):
        print(f"fillrate: {visible(str(error))}", file=sys.stderr)  # noqa: T201
        return exit_code(error)
    print(  # noqa: T201
        f"fillrate: unexpected {type(error).__name__}: {visible(str(error))}\n"
        "This is a fault of fillrate, or of a file that was changed under it: run again with --debug and report the traceback.",
        file=sys.stderr,
    )
    return 1
