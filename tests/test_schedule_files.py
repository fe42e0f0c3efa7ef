"""The files of configs/schedule: their commands are fillrate's, and what reads them takes them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from flows.cli.main import app

REPO = Path(__file__).resolve().parents[1]
FILES = sorted((REPO / "configs" / "schedule").iterdir())
CRON_LINE = re.compile(r"(@reboot|(?:\S+\s+){4}\S+)\s+(\w+)\s+(.+)")

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")


def commands(text: str) -> list[list[str]]:
    return [found.split() for found in re.findall(r"\.venv/bin/fillrate ([^&|;>\n]+)", text)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_their_commands_are_fillrates(file):
    for name, *arguments in commands(file.read_text()):
        context = get_command(app).commands[name].make_context(name, list(arguments))
        assert context.params["config"] == Path("configs/nightly.toml")
        assert (REPO / context.params["config"]).is_file()


def test_every_file_starts_something_or_names_when():
    for file in FILES:
        assert commands(file.read_text()) or "OnCalendar=" in file.read_text(), file.name


def test_cron_lines_have_times_a_user_and_a_command_that_cron_keeps_whole():
    lines = [line for line in (REPO / "configs" / "schedule" / "fillrate.cron").read_text().splitlines() if line and line[0] not in "#M"]
    assert len(lines) == 4
    for line in lines:
        found = CRON_LINE.fullmatch(line)
        assert found is not None
        assert found[2] == "fillrate"
        assert "%" not in line, "cron makes a line end of it"
        assert subprocess.run(["sh", "-n", "-c", found[3]], check=False).returncode == 0


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as for this checkout: systemd looks for the commands."""
    here = Path(sys.executable).parents[1]
    for file in FILES:
        if file.suffix != ".cron":
            text = file.read_text().replace("/srv/fillrate/.venv", str(here)).replace("/srv/fillrate", str(REPO))
            (tmp_path / file.name).write_text(text)
    return tmp_path


def verify(units: Path) -> str:
    names = sorted(str(file) for file in units.iterdir())
    return subprocess.run(["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False).stderr


@needs_systemd
def test_systemd_takes_the_units(units):
    ours = [line for line in verify(units).splitlines() if "fillrate" in line]
    assert ours == []
    (units / "fillrate.timer").write_text((units / "fillrate.timer").read_text().replace("02:30", "quarter past"))
    assert "fillrate.timer" in verify(units), "a fault is told"


@needs_systemd
@pytest.mark.parametrize("timer", [file for file in FILES if file.suffix == ".timer"], ids=lambda file: file.name)
def test_systemd_reads_the_times(timer):
    (when,) = re.findall(r"^OnCalendar=(.+)$", timer.read_text(), re.MULTILINE)
    told = subprocess.run(["systemd-analyze", "calendar", when, f"{when} Europe/Berlin"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("Next elapse") == 2
