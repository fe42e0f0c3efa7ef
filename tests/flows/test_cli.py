"""The command line as people and schedulers meet it: exit codes, streams, messages, and what each command leaves."""

import json
import shutil
import subprocess
import sys
import time
from datetime import date

import openpyxl
import polars as pl
import pytest

from data.published import read_frame, runs
from flows.cli.main import app, call

COMMANDS = [command.name or command.callback.__name__ for command in app.registered_commands]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_quick_and_says_what_the_command_does(command, capsys):
    assert call([*command.split(), "--help"]) == 0
    said = capsys.readouterr().out
    assert "Usage" in said
    assert "--help" in said


def test_help_of_a_new_process_takes_no_heavy_import():
    code = "import sys; from flows.cli.main import call; call(['run', '--help']); print(sorted(sys.modules), file=sys.stderr)"
    begun = time.perf_counter()
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - begun
    assert not {name for name in ("prefect", "lightgbm", "polars", "statsmodels", "scipy") if f"'{name}'" in ended.stderr}
    assert seconds < 3


def refused(capsys, arguments, code, *wanted):
    """The command ends with `code`, nothing on stdout, one message on stderr that holds the words wanted, and no traceback."""
    assert call([str(argument) for argument in arguments]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("fillrate: ")
    assert "Traceback" not in said.err
    for text in wanted:
        assert text in said.err


def test_wrong_words_are_refused_with_the_nearest_known_one(ran, capsys):
    config = ran.config
    refused(capsys, ["rerunn"], 64, "rerun")
    refused(capsys, ["run", config, "--diret"], 64, "--direct")
    refused(capsys, ["run"], 64, "CONFIG")
    refused(capsys, ["run", config.with_name("confg.toml")], 64, "config.toml")
    refused(capsys, ["run", config, "--set", "replenishment.service_levl=0.9"], 64, "replenishment.service_level")
    refused(capsys, ["run", config, "--set", "horizon"], 64, "key=value")
    refused(capsys, ["run", config, "--set", "horizon=many"], 64, "horizon", "many")
    refused(capsys, ["run", config, "--stage", "trian"], 64, "train")
    refused(capsys, ["run", config, "--as-of", "9 June"], 64, "--as-of", "%Y-%m-%d")


def test_wrong_values_of_a_night_are_told(ran, capsys, monkeypatch):
    monkeypatch.chdir(ran.root)
    refused(capsys, ["run", "config.toml", "--direct", "--json", "--region", "nort"], 64, "'nort'", "north, south")
    refused(capsys, ["run", "config.toml", "--direct", "--json", "--as-of", "2024-03-01"], 1, "2024-03-01", "2024-04-01", "--as-of")
    refused(capsys, ["rerun", "20240609-nope"], 1, "20240609-nope", ran.latest().run_id)
    refused(capsys, ["diff", "latest", "nope"], 1, "nope")
    refused(capsys, ["report", "../nope"], 1, "../nope")
    refused(capsys, ["apply", "nope.xlsx", "--author", "Ada"], 1, "nope.xlsx")
    refused(capsys, ["apply", "config.toml", "--author", "Ada"], 1, "config.toml")
    refused(capsys, ["report", "latest", "--out", "elsewhere"], 1, "elsewhere")


def test_commands_that_need_a_run_say_when_there_is_none(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments in (["report", "latest"], ["open"], ["diff", "latest", "latest"], ["rerun", "latest"], ["why", "001", "N1"]):
        refused(capsys, arguments, 1, "publish")


@pytest.mark.parametrize("command", ["train", "forecast", "recommend"])
def test_stages_say_when_the_lake_is_empty(new_shop, capsys, command):
    shop = new_shop()
    assert shop.call(command) == 1
    assert "holds no sales yet" in capsys.readouterr().err


def test_a_config_that_is_no_toml_is_told_with_its_line(new_shop, capsys):
    shop = new_shop()
    shop.config.write_text("name = \n")
    refused(capsys, ["run", shop.config], 64, "config.toml", "line 1")
    refused(capsys, ["run", shop.root], 64, "not readable")
    shop.config.write_text('name = "x"\n[inputs]\npath = "a"\n[lake]\npath = "b"\n')
    refused(capsys, ["run", shop.config], 64, "'output' is missing")


def test_json_is_one_document_and_nothing_else(ran, fillrate):
    ended = fillrate(ran, "run", "config.toml", "--direct", "--json")
    assert (ended.code, ended.err) == (0, "")
    document = json.loads(ended.out)
    assert ended.out.count("\n") == 1
    assert document["run_id"] == ran.latest().run_id
    assert document["latest"] is True
    assert (document["exit_code"], document["as_of"], document["failed_regions"]) == (0, "2024-06-09", {})
    assert document["row_counts"]["recommendations"] == 36
    assert document["headline"]["order_units"] == read_frame(ran.latest(), "recommendations")["order_units"].sum()


def test_a_summary_a_person_would_read(ran, fillrate):
    ended = fillrate(ran, "run", "config.toml", "--direct")
    assert ended.code == 0
    lines = ended.out.splitlines()
    run, alerts = ran.latest(), read_frame(ran.latest(), "alerts")
    assert run.run_id in lines[0]
    assert "2024-06-09" in lines[0]
    assert any("23 of 36 items to order" in line or "of 36 items to order" in line for line in lines)
    top = alerts.row(0, named=True)
    (line,) = [line for line in lines if f"{top['severity']} " in line and top["fc"] in line and f" {top['sku']} " in line][:1]
    assert f"{top['value_at_risk']:,.0f}" in line
    assert lines[-1].strip() == f"report: out/runs/{run.run_id}/report.html"
    assert len(lines) <= 13
    open_alerts = alerts.filter(pl.col("state") != "cleared")
    assert any(line.strip().startswith(f"and {open_alerts.height - 5:,} more: ") for line in lines)
    assert "recommend north" in ended.err, "where nobody watches, progress is a line a stage"


def test_a_key_is_set_on_the_command_line_and_from_the_environment(ran, monkeypatch):
    ran.night("--set", "replenishment.service_level=0.9", "--set", "name=other")
    assert (ran.manifest()["config"]["replenishment"]["service_level"], ran.manifest()["name"]) == (0.9, "other")
    monkeypatch.setenv("FILLRATE_REPLENISHMENT__SERVICE_LEVEL", "0.8")
    ran.night()
    assert ran.manifest()["config"]["replenishment"]["service_level"] == 0.8
    ran.night("--set", "replenishment.service_level=0.7")
    assert ran.manifest()["config"]["replenishment"]["service_level"] == 0.7


def test_another_output_folder(ran):
    ran.night("--out", "elsewhere")
    assert (ran.root / "elsewhere" / "latest.json").is_file()
    assert len(ran.runs()) == 1


def test_a_partial_run_does_not_become_the_latest(ran):
    before = ran.latest()
    partial = ran.night("--region", "south")
    assert set(read_frame(partial, "forecasts")["region"]) == {"south"}
    assert ran.manifest()["kind"] == "partial"
    assert ran.latest() == before


def test_each_stage_alone_does_its_part_from_what_the_lake_holds(shop, capsys):
    models = shop.lake / "models" / "_shared"
    assert shop.call("ingest") == 0
    assert (shop.lake / "sales").is_dir()
    assert shop.runs() == []
    assert shop.call("train", "--json") == 0
    assert len(list(models.glob("*/model.json"))) == 1
    shutil.rmtree(shop.inputs)
    assert shop.call("forecast", "--json") == 0
    assert read_frame(shop.runs()[0], "forecasts").height == 36 * 14
    assert read_frame(shop.runs()[0], "recommendations").is_empty()
    assert shop.manifest()["trained"] is False
    assert shop.call("recommend", "--json") == 0
    assert read_frame(shop.runs()[0], "recommendations").height == 36
    assert not (shop.out / "latest.json").exists(), "stages alone never become the latest"
    assert list((shop.lake / "work").iterdir()) == []


@pytest.mark.parametrize(("stage", "published"), [("ingest", 0), ("train", 0), ("forecast", 1), ("recommend", 1), ("publish", 1)])
def test_a_night_can_end_after_a_stage(ran, stage, published):
    before = ran.latest()
    assert ran.call("run", "--direct", "--json", "--stage", stage) == 0
    assert len(ran.runs()) == 1 + published
    assert (ran.latest() == before) == (stage != "publish")
    if stage == "forecast":
        assert read_frame(ran.runs()[0], "recommendations").is_empty()


def test_any_part_of_a_night_can_be_run_beside_what_was_published(ran, capsys):
    """Every stage of one region, into another folder: what was published is left as it was, and what was done is said."""
    before, latest = {path: path.stat().st_mtime_ns for path in ran.out.rglob("*")}, ran.latest()
    done = {"train": "models are trained, as of 2024-06-09", "forecast": "forecasts only", "recommend": "to order", "publish": "to order"}
    for stage, words in done.items():
        capsys.readouterr()
        assert ran.call("run", "--direct", "--region", "south", "--stage", stage, "--out", "scratch") == 0
        said = capsys.readouterr().out
        assert words in said
        assert stage == "train" or "did not become the latest: a run of some regions or stages never does" in said
    assert {path: path.stat().st_mtime_ns for path in ran.out.rglob("*")} == before
    assert ran.latest() == latest
    beside = runs(ran.root / "scratch")
    assert len(beside) == 3
    for run in beside:
        assert set(read_frame(run, "forecasts")["region"]) == {"south"}
    assert not (ran.root / "scratch" / "latest.json").exists()
    assert ran.call("run", "--direct", "--region", "south", "--stage", "ingest") == 64
    assert "leave --region out" in capsys.readouterr().err
    assert ran.call("run", "--direct", "--stage", "ingest") == 0
    assert "deliveries were taken into the lake; nothing was to be published" in capsys.readouterr().out


def test_check_reads_the_inputs_and_touches_nothing(shop, capsys):
    assert shop.call("check") == 0
    said = capsys.readouterr().out
    assert "A night can run." in said
    assert "2,520" in said
    assert not shop.lake.exists()
    assert not shop.out.exists()


def test_check_says_what_is_wrong_and_how_to_mend_it(shop, capsys):
    shop.write("sales/bad.csv", "date,sku,fc,units\n2024-06-09,001,N1,none\n2024-06-08,001,N1,4\n")
    assert shop.call("check") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "sales/bad.csv line 2" in said
    assert "mend:" in said
    shop.write("stock/bad.csv", "date,sku,fc,hand\n2024-06-09,001,N1,4\n")
    assert shop.call("check") == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "A night could not run." in said
    assert '{hand = "on_hand"}' in said


def test_a_new_user_comes_from_nothing_to_a_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call(["init", "mine"]) == 0
    said = capsys.readouterr().out
    assert "fillrate run mine/config.toml" in said
    header = (tmp_path / "mine/templates/sales.csv").read_text().strip()
    assert header == "date,sku,fc,units,price"
    days = pl.date_range(date(2024, 5, 1), date(2024, 6, 9), eager=True)
    (tmp_path / "mine/inputs/sales.csv").write_text("\n".join([header, *(f"{day},007,home,5,2.5" for day in days)]) + "\n")
    (tmp_path / "mine/inputs/stock.csv").write_text("date,sku,fc,on_hand\n2024-06-09,007,home,3\n")
    assert call(["check", "mine/config.toml"]) == 0
    assert call(["run", "mine/config.toml", "--direct"]) == 0
    capsys.readouterr()
    refused(capsys, ["init", "mine"], 64, "not empty")


def test_report_and_open_and_diff_look_at_runs(ran, capsys, monkeypatch):
    first = ran.latest()
    ran.deliver_sales(date(2024, 6, 10), since=date(2024, 6, 10))
    ran.deliver_stock(date(2024, 6, 10), {("N1", "003"): 0.0})
    second = ran.night()
    capsys.readouterr()
    assert ran.fillrate("report", "latest") == 0
    said = capsys.readouterr().out
    assert second.run_id in said
    assert "order units" in said
    assert ran.fillrate("report", first.path) == 0
    assert first.run_id in capsys.readouterr().out
    assert ran.fillrate("diff", first.run_id, "latest") == 0
    said = capsys.readouterr().out
    assert first.run_id in said
    assert second.run_id in said
    assert ran.fillrate("diff", first.run_id, "latest", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["a"], document["b"]) == (first.run_id, second.run_id)
    assert document["changed"]
    assert document["same"] + len(document["changed"]) == 36


def test_open_starts_the_browser_or_names_the_file(ran, fillrate, tmp_path, monkeypatch, capsys):
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    browser.chmod(0o755)
    path = ran.latest().path.resolve() / "report.html"
    opened = fillrate(ran, "open", BROWSER=str(browser))
    assert (opened.code, opened.out, opened.err) == (0, f"{path}\n", "")
    assert seen.read_text().strip() == path.as_uri()
    none = fillrate(ran, "open", BROWSER="/nonexistent", PATH=str(tmp_path), DISPLAY="")
    assert (none.code, none.out) == (0, f"{path}\n")
    assert "No browser" in none.err
    # Without a screen a browser of the terminal would take it over.
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert ran.fillrate("open") == 0
    assert capsys.readouterr().out == f"{path}\n"


def test_apply_writes_orders_and_overrides_that_the_next_night_takes_in(ran, tmp_path, capsys):
    workbook = tmp_path / "filled.xlsx"
    shutil.copy(ran.latest().path / "report.xlsx", workbook)
    recommendations = read_frame(ran.latest(), "recommendations")
    chosen = recommendations.filter(pl.col("order_units") > 0).row(0, named=True)
    fill_in(workbook, chosen["fc"], chosen["sku"], 120, "fair on Saturday")
    assert ran.fillrate("apply", workbook, "--author", "Ada") == 0
    capsys.readouterr()
    orders = pl.concat([pl.read_csv(path, infer_schema=False) for path in (ran.out / "orders").glob("order_*.csv")])
    line = orders.row(by_predicate=(pl.col("fc") == chosen["fc"]) & (pl.col("sku") == chosen["sku"]), named=True)
    assert float(line["units"]) == 120
    (ledger,) = (ran.out / "orders").glob("overrides_*.csv")
    ran.write("overrides/ada.csv", ledger.read_text())
    night = read_frame(ran.night(), "recommendations")
    row = night.row(by_predicate=(pl.col("fc") == chosen["fc"]) & (pl.col("sku") == chosen["sku"]), named=True)
    assert row["order_units"] == 120


def fill_in(workbook, fc, sku, units, reason):
    """Fill approved_units and reason of one row in, as a planner would."""
    book = openpyxl.load_workbook(workbook)
    for sheet in book.worksheets:
        for header in sheet.iter_rows():
            columns = {cell.value: cell.column for cell in header if isinstance(cell.value, str)}
            if {"fc", "sku", "approved_units"} <= set(columns):
                for line in range(header[0].row + 1, sheet.max_row + 1):
                    if (sheet.cell(line, columns["fc"]).value, sheet.cell(line, columns["sku"]).value) == (fc, sku):
                        sheet.cell(line, columns["approved_units"]).value = units
                        for name in ("approval_reason", "planner_reason", "reason"):
                            if name in columns:
                                sheet.cell(line, columns[name]).value = reason
                        book.save(workbook)
                        return
    raise AssertionError(f"{workbook} has no row of {fc} {sku}")
