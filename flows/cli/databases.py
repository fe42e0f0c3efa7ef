"""Command that writes published runs to a database: database."""

from pathlib import Path

import typer

from flows.cli.failures import Exit
from flows.cli.progress import shown_progress
from flows.cli.summary import show_database
from flows.settings import ConfigError, load_settings
from flows.stages.database import write_runs
from flows.terminal import readable_console


def write_to_database(config: Path, run_ids: list[str]) -> None:
    """Write the nights that the database lacks, or the runs named; exits with 1 where one could not be written."""
    settings = load_settings(config)
    with shown_progress(quiet=True):
        written = write_runs(settings, run_ids)
    if written is None:
        raise ConfigError(f'{settings.name} asks for no database: set output.database_schema, such as "fillrate"')
    show_database(written, readable_console())
    if written.problem is not None:
        raise typer.Exit(Exit.NOTHING)
