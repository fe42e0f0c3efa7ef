"""A published run in a notebook: typed tables, its night decided again, other assumptions; and the notebook that shows it."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import polars as pl
import pytest

import flows
from data.published import read_frame
from flows import forecast, night, open_run, recommend
from flows.settings import ConfigError
from models.contracts import Forecasts, Recommendations

REPO = Path(__file__).resolve().parent.parent.parent
OF_THE_RUN_BEFORE = ("previous_order_units", "change_reason")


@pytest.fixture
def run(ran, monkeypatch):
    monkeypatch.chdir(ran.root)
    return open_run("latest", out=ran.out)


def test_the_entry_loads_nothing_until_it_is_used():
    code = "import sys, flows; print(sorted(sys.modules)); flows.open_run; assert 'prefect' not in sys.modules"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {name for name in ("polars", "pydantic", "lightgbm", "prefect", "flows.bench") if f"'{name}'" in said}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        flows.nothing  # noqa: B018


def test_a_run_opens_as_typed_frames(run, ran):
    assert run.recommendations().equals(read_frame(ran.latest(), "recommendations"))
    assert Recommendations.is_valid(run.recommendations())
    assert run.forecasts().height == 36 * 14
    for table in (run.alerts, run.explanations, run.corrections, run.metrics):
        assert table().height > 0
    assert run.plan_messages().columns == read_frame(ran.latest(), "plan_messages").columns
    assert (run.as_of.isoformat(), run.regions) == (run.manifest["as_of"], ["north", "south"])
    assert run.table("sales", "north", since=run.as_of)["date"].unique().to_list() == [run.as_of]
    assert run.table("drivers").is_empty()
    demand = run.demand("south").filter(sku="003", fc="S1")
    assert demand["date"].max() == run.as_of


def test_the_night_is_decided_again_as_it_was_and_otherwise(run):
    ahead = forecast(run, "north")
    assert Forecasts.is_valid(ahead)
    published = run.forecasts().filter(region="north").sort("fc", "sku", "date")
    assert ahead.sort("fc", "sku", "date").select(published.columns).equals(published)
    orders = run.recommendations().filter(region="north").drop(OF_THE_RUN_BEFORE)
    assert recommend(run, "north").drop(OF_THE_RUN_BEFORE).equals(orders)
    one = {"sku": "005", "fc": "N1"}
    more = recommend(run, "north", {"where": one, "demand_times": 3.0}, {"where": one, "case_pack": 5})
    before, after = (frame.filter(**one).row(0, named=True) for frame in (orders, more))
    assert after["demand_mean"] == pytest.approx(3 * before["demand_mean"], rel=0.001)
    assert after["order_units"] > before["order_units"]
    assert after["order_units"] % 5 == 0
    others = ~((pl.col("sku") == "005") & (pl.col("fc") == "N1"))
    columns = ["fc", "sku", "order_units", "order_up_to"]
    assert more.filter(others).select(columns).sort("fc", "sku").equals(orders.filter(others).select(columns).sort("fc", "sku"))


def test_what_is_unknown_is_refused_with_the_nearest(run):
    with pytest.raises(ConfigError, match="did you mean 'demand_times'"):
        recommend(run, "north", {"demand_tims": 2})
    with pytest.raises(ConfigError, match="no row of the run has sku '05'; did you mean '005'"):
        recommend(run, "north", {"where": {"sku": "05"}, "demand_times": 2})
    with pytest.raises(ConfigError, match="no region 'nort'; it has north, south"):
        forecast(run, "nort")


def test_a_night_is_run_from_a_notebook(run, ran):
    again = night("config.toml", "replenishment.service_level=0.9", regions=("south",), out="scratch")
    assert again.regions == ["south"]
    assert again.manifest["config"]["replenishment"]["service_level"] == 0.9
    assert len(ran.runs()) == 1


def test_the_notebook_has_been_run_and_names_no_path_of_a_machine():
    text = (REPO / "docs" / "one-item.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for output in (output for cell in cells for output in cell.outputs):
        assert output.output_type == "execute_result"
        assert not [part for part in ("/home/", "/root/", "/tmp/", "/work/", "/Users/", "C:\\\\") if part in json.dumps(output)]


@pytest.mark.slow
def test_the_notebook_runs_on_the_demo(tmp_path, fillrate):
    assert fillrate(tmp_path, "demo", "--direct", "--json").code == 0
    command = [sys.executable, REPO / "scripts" / "run_notebook.py", "--check"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr
