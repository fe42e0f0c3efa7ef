"""Scenarios beside a run: what they change, what they cost, what is refused; and that nothing published is touched."""

import contextlib
import io
import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.published import read_frame
from flows.settings import ConfigError, checkout
from flows.whatif.scenarios import SELECTORS, load_scenarios

SCENARIOS = """\
[[scenario]]
name = "nothing at all"
change = [{ demand_times = 1.0 }]

[[scenario]]
name = "C1 <b>sells</b> half more"
[[scenario.change]]
where.category = "C1"
demand_times = 1.5

[[scenario]]
name = "a week later"
change = [{ lead_time_plus_days = 7 }]

[[scenario]]
name = "005 and 006 in the north at 50%"
change = [{ where = { sku = ["005", "006"], region = "north" }, service_level = 0.5 }]

[[scenario]]
name = "big cases of a dearer item"
change = [{ where = { sku = "007" }, case_pack = 48 }, { where = { sku = "007", fc = "N1" }, unit_cost_times = 2, max_units = 48 }]
"""


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def asked(first_night, tmp_path_factory, shop_at):
    ran = shop_at(tmp_path_factory.mktemp("asked") / "shop")
    shutil.copytree(first_night, ran.root, symlinks=True)
    (ran.root / "spring.toml").write_text(SCENARIOS)
    before, said = files_of(ran.out), io.StringIO()
    with contextlib.redirect_stdout(said):
        assert ran.fillrate("whatif", "config.toml", "spring.toml", "--json") == 0
    document = json.loads(said.getvalue())
    after = files_of(ran.out)
    assert {name: after[name] for name in before} == before, "nothing that was published is touched"
    assert all(name.startswith("whatif/") for name in set(after) - set(before))
    assert not (ran.lake / "work").exists() or list((ran.lake / "work").iterdir()) == []
    return ran, document, pl.read_parquet(ran.root / document["path"] / "rows.parquet")


def moved(ran, rows, name):
    """Rows of a scenario that are ordered otherwise than in the published run, with both orders."""
    published = read_frame(ran.latest(), "recommendations").select("fc", "sku", published="order_units", value="order_value")
    own = rows.filter(scenario=name).join(published, on=["fc", "sku"])
    assert own.height == 36
    return own.filter(pl.col("order_units") != pl.col("published"))


def test_scenarios_change_what_they_mean_and_nothing_else(asked):
    ran, document, rows = asked
    assert document["not_as_published"] == 0
    assert moved(ran, rows, "as it was").is_empty()
    assert moved(ran, rows, "nothing at all").is_empty()
    more = moved(ran, rows, "C1 <b>sells</b> half more")
    assert set(more["sku"]) <= {"001", "004", "007", "010"}
    assert (more["order_units"] > more["published"]).all()
    assert more.height > 3
    later = moved(ran, rows, "a week later")
    assert later.height > 20
    assert (later["arrival_date"].to_list()[0] - read_frame(ran.latest(), "recommendations")["arrival_date"].to_list()[0]).days == 7
    served = moved(ran, rows, "005 and 006 in the north at 50%")
    assert set(served["sku"]) <= {"005", "006"}
    assert set(served["region"]) == {"north"}
    assert (served["order_units"] < served["published"]).all()
    big = rows.filter(scenario="big cases of a dearer item", sku="007")
    assert all(units % 48 == 0 for units in big["order_units"].to_list())
    ordered = {fc: (units, value) for fc, units, value in big.select("fc", "order_units", "order_value").iter_rows()}
    assert ordered["N1"][1] == 8 * ordered["N1"][0]
    assert ordered["S1"][1] == 4 * ordered["S1"][0]


def test_sums_are_those_of_the_rows_and_old_orders_cost_more_where_demand_is_higher(asked):
    _, document, rows = asked
    sums = {line["scenario"]: line for line in document["sums"]}
    for name, line in sums.items():
        own = rows.filter(scenario=name)
        for measure in ("order_units", "order_value", "unmet", "shortage", "holding"):
            assert line[measure] == pytest.approx(own[measure].sum())
        assert line["chance"] == pytest.approx(own["chance"].mean())
    base, more = sums["as it was"], sums["C1 <b>sells</b> half more"]
    assert base["unmet"] == pytest.approx(base["unmet_if_ordered_as_before"])
    assert more["shortage_if_ordered_as_before"] > more["shortage"]
    assert more["unmet_if_ordered_as_before"] > base["unmet"]
    assert sums["nothing at all"] | {"scenario": ""} == base | {"scenario": ""}
    assert sums["a week later"]["chance"] > base["chance"]


def test_the_page_and_the_terminal_say_the_same(asked, capsys):
    ran, document, _ = asked
    page = (ran.root / document["page"]).read_text()
    assert "&lt;b&gt;sells" in page
    assert "<b>sells" not in page
    assert "demand × 1.5 for category C1" in page
    assert "service level 0.5 for sku 005 or 006, region north" in page
    for line in document["sums"]:
        assert f"{line['order_units']:,.0f}" in page
    assert ran.fillrate("whatif", "config.toml", "spring.toml", "--run", ran.latest().run_id, "--out", "scratch") == 0
    said = capsys.readouterr().out
    assert "nothing was published" in said
    assert "lead time +7 days for all rows" in said
    (elsewhere,) = (ran.root / "scratch" / "whatif").iterdir()
    assert (elsewhere / "whatif.html").read_text() == page


def test_the_scenarios_that_come_along_can_be_used():
    (path,) = (checkout() / "configs" / "scenarios").glob("*.toml")
    assert len(load_scenarios(path).scenario) == 3


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("", "key 'scenario' is missing"),
        ("[[scenario]]\nname = 'x'", "change"),
        ("[[scenario]]\nname = 'x'\nchange = [{ demand_tims = 1.2 }]", "did you mean 'demand_times'?"),
        ("[[scenario]]\nname = 'x'\nchange = [{ where = { categry = 'C1' }, demand_times = 2 }]", "did you mean 'category'?"),
        ("[[scenario]]\nname = 'x'\nchange = [{ where = { abc = 'A' } }]", "nothing is changed"),
        ("[[scenario]]\nname = 'x'\nchange = [{ service_level = 1.2 }]", "service_level is 1.2"),
        ("[[scenario]]\nname = 'as it was'\nchange = [{ moq = 2 }]", "'as it was' is taken"),
        ("[[scenario]\n", "not readable as TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_what_to_mend(tmp_path, content, wanted):
    path = tmp_path / "x.toml"
    path.write_text(content)
    with pytest.raises(ConfigError) as refused:
        load_scenarios(path)
    assert wanted in str(refused.value)
    with pytest.raises(ConfigError, match=r"did you mean .*x\.toml"):
        load_scenarios(tmp_path / "y.toml")


NAMES = st.text("aB1 é\"'\\=#[\n\t\x7f中", max_size=6)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(where=st.dictionaries(st.sampled_from(SELECTORS), st.one_of(NAMES, st.lists(NAMES, min_size=1, max_size=3)), max_size=3))
def test_any_name_can_be_selected_by(tmp_path_factory, where):
    path = tmp_path_factory.mktemp("any") / "x.toml"
    path.write_text(f"[[scenario]]\nname = 'x'\n[[scenario.change]]\nmoq = 1\n[scenario.change.where]\n{toml_of(where)}", encoding="utf-8")
    (scenario,) = load_scenarios(path).scenario
    for name, value in where.items():
        assert getattr(scenario.change[0].where, name) == ((value,) if isinstance(value, str) else tuple(value))


def toml_of(table):
    """Basic strings of TOML are those of JSON, but for DEL, which must be escaped."""
    return "\n".join(f"{name} = {json.dumps(value)}".replace("\x7f", "\\u007f") for name, value in table.items())


def test_what_no_row_has_is_refused_with_the_nearest_there_is(ran, capsys):
    scenarios = ran.root / "x.toml"
    for where, wanted in (
        ("{ category = 'c1' }", "no row of the run has category 'c1'; did you mean 'C1'?"),
        ("{ supplier = 'Borg' }", "supplier 'Borg'; there are 'Acme'"),
        ("{ region = 'north', fc = 'S1' }", "no row of the run matches all of"),
    ):
        scenarios.write_text(f"[[scenario]]\nname = 'x'\nchange = [{{ where = {where}, demand_times = 2 }}]")
        assert ran.fillrate("whatif", "config.toml", "x.toml", "--json") == 64
        assert wanted in capsys.readouterr().err
    forecasts = ran.night("--stage", "forecast")
    capsys.readouterr()
    scenarios.write_text("[[scenario]]\nname = 'x'\nchange = [{ demand_times = 2 }]")
    assert ran.fillrate("whatif", "config.toml", "x.toml", "--run", forecasts.run_id) == 1
    assert "recommends nothing" in capsys.readouterr().err
