"""The project itself: set-up, lock, references, links, rooms, and the checks that watch over them."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import dataframely as dy
import pytest

from data.contracts import INPUT_TABLES
from data.demand import Demand
from data.messages import PlanMessages
from data.position import StockPosition
from data.quarantine import Quarantine
from flows.cli.failures import Exit
from flows.cli.main import call
from flows.schedules import SCHEDULES
from flows.settings import known_keys, load_settings
from models.contracts import Alerts, Forecasts, Metrics, Recommendations, SeriesProfile
from scripts import check_modules, docs_commands, make_docs

REPO = Path(__file__).resolve().parent.parent
PAGES = [
    REPO / "README.md",
    REPO / "CONTRIBUTING.md",
    REPO / "CHANGELOG.md",
    *sorted((REPO / "docs").rglob("*.md")),
    REPO / "data" / "samples" / "fresh" / "README.md",
]


def locked() -> dict[str, str]:
    """Pinned package → the lines of its entry."""
    text = (REPO / "requirements.lock").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    return {re.match(r"[a-z0-9._-]+", entry)[0]: entry for entry in entries if not entry.startswith("#")}


def test_every_package_is_pinned_with_hashes():
    entries = locked()
    assert len(entries) > 100
    assert not [name for name, entry in entries.items() if "==" not in entry or "--hash=sha256:" not in entry]


def test_the_lock_names_no_address():
    assert not re.search(r"://|index-url|find-links|@ ", (REPO / "requirements.lock").read_text())


def test_libraries_of_the_page_are_pinned_with_hashes_and_without_addresses():
    lock = json.loads((REPO / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    wanted = json.loads((REPO / "package.json").read_text())
    assert {f"node_modules/{name}" for name in wanted["dependencies"] | wanted["devDependencies"]} == set(packages)
    assert all(package["integrity"].startswith("sha512-") and "resolved" not in package for package in packages.values())
    assert "://" not in (REPO / "package-lock.json").read_text()


def test_the_lock_holds_every_declared_dependency():
    project = tomllib.loads((REPO / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"] + project["build-system"]["requires"]
    names = {re.match(r"[A-Za-z0-9._-]+", line)[0].lower().replace("_", "-") for line in wanted}
    assert names <= set(locked())


def test_commands_in_the_pages_are_targets_of_the_makefile():
    targets = set(re.findall(r"^([a-z]+):", (REPO / "Makefile").read_text(), re.MULTILINE))
    assert {"setup", "demo", "test", "check", "bench"} <= targets
    said = {command for page in PAGES for command in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE)}
    assert {"demo", "test", "check"} <= said
    assert said <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_links_lead_somewhere(page):
    links = [link.split("#")[0] for link in re.findall(r"(?<!!)\[[^\]]+\]\(([^)]+)\)", page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_reference_pages_are_current():
    assert make_docs.main(["--check"]) == 0, "run make docs"


def test_a_stale_reference_page_is_noticed(tmp_path, monkeypatch, capsys):
    (tmp_path / "docs").mkdir()
    for name in make_docs.PAGES:
        shutil.copy(REPO / "docs" / name, tmp_path / "docs" / name)
    page = tmp_path / "docs" / "input-tables.md"
    page.write_text(page.read_text().replace("| `units` |", "| `pieces` |"))
    monkeypatch.setattr(make_docs, "REPO", tmp_path)
    assert make_docs.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/input-tables.md is not current: run make docs\n"


@pytest.mark.parametrize("config", sorted((REPO / "configs").glob("*.toml")), ids=lambda path: path.stem)
def test_configs_can_be_used(config):
    assert load_settings(config).name == config.stem


TABLES: list[type[dy.Schema]] = [
    *INPUT_TABLES.values(),
    *(Demand, StockPosition, Quarantine, PlanMessages),
    *(Forecasts, SeriesProfile, Recommendations, Alerts, Metrics),
]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_column_says_what_it_means(table):
    assert [name for name, column in table.columns().items() if not column.description] == []


def test_every_setting_stands_in_the_reference_with_its_environment_variable():
    page = (REPO / "docs" / "configuration.md").read_text()
    for key in known_keys():
        *section, name = key.split(".")
        if section[:1] == ["inputs"] and len(section) == 2 and section[1] not in ("drivers", "exports"):
            section[1] = "<table>"
        variable = "FILLRATE_" + "__".join([*section, name]).upper()
        is_section = any(other.startswith(f"{key}.") for other in known_keys())
        assert is_section or f"`{variable}`" in page, key


def test_an_environment_variable_of_the_reference_is_obeyed(monkeypatch):
    monkeypatch.setenv("FILLRATE_INPUTS__SALES__COLUMNS", '{"dt": "date"}')
    monkeypatch.setenv("FILLRATE_REPLENISHMENT__SERVICE_LEVEL", "0.98")
    settings = load_settings(REPO / "configs" / "nightly.toml")
    assert settings.inputs.sales.columns == {"dt": "date"}
    assert settings.replenishment.service_level == 0.98


def fenced(page: Path) -> list[str]:
    """Lines of a page's code blocks and the code inside its text."""
    text = page.read_text()
    blocks = re.findall(r"^ *```[a-z]*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    return [line for block in blocks for line in block.splitlines()] + inline


COMMANDS = docs_commands.get_command(docs_commands.app).commands
WRITTEN_BY_HAND = [page for page in PAGES if page.name != "commands.md"]


@pytest.mark.parametrize("page", WRITTEN_BY_HAND, ids=lambda page: str(page.relative_to(REPO)))
def test_commands_in_the_pages_exist_with_their_options(page):
    for line in fenced(page):
        for name, rest in re.findall(r"(?:^|[ /])fillrate ([a-z]+)((?: [^|>&#]*)?)", line):
            assert name in COMMANDS, f"{page.name}: {line}"
            known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
            assert set(re.findall(r"--[a-z-]+", rest)) <= known, f"{page.name}: {line}"


def test_files_named_in_the_pages_are_there():
    for page in PAGES:
        for name in re.findall(r"`((?:data|features|models|flows|scripts|configs|docs)/[\w/.-]+)`", page.read_text()):
            assert (REPO / name).exists(), f"{page.name} names {name}"


def test_operations_tells_every_exit_code_and_schedule():
    page = (REPO / "docs" / "operations.md").read_text()
    assert [code for code in Exit if f"| {code:d} |" not in page] == []
    settings = load_settings(REPO / "configs" / "demo.toml")
    assert [schedule.name for schedule in SCHEDULES if f"| {schedule.name} | `{schedule.cron(settings)}` |" not in page] == []
    assert set(docs_commands.EXIT_CODES) == set(Exit)


def test_an_unknown_command_is_wrong_usage(capsys):
    assert call(["backtestt"]) == Exit.USAGE
    assert "backtestt" in capsys.readouterr().err


def test_a_column_without_a_meaning_stops_the_reference():
    class Bare(dy.Schema):
        """A table."""

        sku = dy.String()

    with pytest.raises(ValueError, match=r"Bare\.sku has no description"):
        list(make_docs._column_rows(Bare, ["sku"], ("yes", "no")))


def test_rooms_point_one_way():
    lint = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=REPO, capture_output=True, text=True, check=False)
    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_modules_are_short_and_nothing_stands_twice():
    assert check_modules.faults(REPO) == []


def write_module(root: Path, name: str, text: str) -> None:
    (root / "data").mkdir(exist_ok=True)
    (root / "data" / name).write_text(text)


SIX_LINES = "\n".join(f"value_{number} = compute({number})" for number in range(6))


def test_code_that_stands_twice_is_named_with_both_places(tmp_path):
    indented = "\n".join("    " + line for line in SIX_LINES.splitlines())
    write_module(tmp_path, "one.py", f'"""One."""\n\nimport os\n\n{SIX_LINES}\n')
    write_module(tmp_path, "two.py", f'"""Two."""\n\n\ndef two():\n    # the same, further in\n{indented}\n')
    (fault,) = check_modules.faults(tmp_path)
    assert fault.startswith("data/two.py:6 repeats 6 lines of data/one.py:5:")


def test_five_equal_lines_and_equal_imports_may_stand_twice(tmp_path):
    imports = "\n".join(f"import module_{number}" for number in range(9))
    five = "\n".join(SIX_LINES.splitlines()[:5])
    write_module(tmp_path, "one.py", f"{imports}\n{five}\nfirst = 1\n")
    write_module(tmp_path, "two.py", f"{imports}\n{five}\nsecond = 2\n")
    assert check_modules.faults(tmp_path) == []


def test_two_functions_may_take_the_same_but_not_do_the_same(tmp_path):
    parameters = "\n".join(f"    parameter_{number}: int," for number in range(9))
    write_module(tmp_path, "one.py", f"def one(\n{parameters}\n):\n    return 1\n")
    write_module(tmp_path, "two.py", f"def two(\n{parameters}\n):\n    return 2\n")
    assert check_modules.faults(tmp_path) == []
    body = SIX_LINES.replace("value", "    value")
    write_module(tmp_path, "one.py", f"def one(\n{parameters}\n):\n{body}\n")
    write_module(tmp_path, "two.py", f"def two(\n{parameters}\n):\n{body}\n")
    assert len(check_modules.faults(tmp_path)) == 1


def test_a_module_over_the_limit_is_named(tmp_path):
    write_module(tmp_path, "long.py", "\n".join(f"x{number} = {number}" for number in range(501)))
    assert check_modules.faults(tmp_path) == ["data/long.py has 501 lines, at most 500 are allowed: give it one job"]


def test_setup_names_what_is_missing(tmp_path):
    """An interpreter that is too old, or none, is told in one message, and nothing is made."""
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/set_up", "requirements.lock", "pyproject.toml"):
        shutil.copy(REPO / name, tmp_path / name)
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": "false"}
    made = subprocess.run([tmp_path / "scripts" / "set_up"], env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 1
    assert "fillrate needs Python 3.11 or newer" in made.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("script", ["scripts/set_up", "scripts/install_browser", "scripts/install_postgres", ".ci/run"])
def test_shell_scripts_parse_and_can_be_started(script):
    path = REPO / script
    assert path.stat().st_mode & 0o100
    assert subprocess.run(["bash", "-n", path], capture_output=True, check=False).returncode == 0


RUNS_WHAT_IT_READS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle", "code", "runpy", "xmlrpc"}
CALLS_REFUSED = {"eval", "exec", "compile", "__import__", "unsafe_load", "full_load", "read_pickle", "to_pickle", "system", "popen"}
"""Functions by which a text that was read could become a program; `yaml.load` and `np.load` only with what makes them do so."""


@pytest.mark.parametrize("room", ["data", "features", "models", "flows"])
def test_nothing_that_is_read_is_ever_run(room):
    faults = []
    for path in sorted((REPO / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            where = f"{path.relative_to(REPO)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                faults += [f"{where} imports {alias.name}" for alias in node.names if alias.name.partition(".")[0] in RUNS_WHAT_IT_READS]
            elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in RUNS_WHAT_IT_READS:
                faults.append(f"{where} imports {node.module}")
            elif isinstance(node, ast.Call):
                name, of = _called(node.func)
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                # `re.compile` makes a pattern.
                refused = name in CALLS_REFUSED and of != "re"
                if refused or (of, name) == ("yaml", "load") or given.get("shell") == "True" or given.get("allow_pickle") == "True":
                    faults.append(f"{where} calls {name}")
    assert not faults


def _called(function: ast.expr) -> tuple[str, str]:
    """Name of a called function, and of what it is an attribute of."""
    if isinstance(function, ast.Attribute):
        return function.attr, function.value.id if isinstance(function.value, ast.Name) else ""
    return (function.id, "") if isinstance(function, ast.Name) else ("", "")


def test_the_linter_watches_over_unsafe_calls_too():
    rules = tomllib.loads((REPO / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "S" in rules["select"]
    assert not [name for name in rules["ignore"] if name.startswith(("S3", "S6"))]
