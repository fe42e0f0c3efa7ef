"""`fillrate why` on nights of the small shop: what was published comes out again, is told in words, and has its alternatives priced."""

import json
import re
import shutil
from datetime import date

import polars as pl
import pytest

from data.published import read_frame, read_manifest
from flows.why.told import told
from models.recommending import DATA_FLAGS, REASONS


def asked(shop, capsys, *arguments, code=0):
    """The document of a row."""
    assert shop.fillrate("why", *arguments, "--json") == code
    return json.loads(capsys.readouterr().out)


def read(shop, capsys, *arguments, code=0):
    """The words of a row, in one line."""
    assert shop.fillrate("why", *arguments) == code
    return re.sub(r"\s+", " ", capsys.readouterr().out)


def refused(shop, capsys, *arguments, code=1):
    assert shop.fillrate("why", *arguments) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("fillrate: ")
    assert "Traceback" not in said.err
    assert "unexpected" not in said.err
    return said.err


def rows_with_every_code(shop):
    """Keys of few rows in which every reason, data flag and action of the night is found."""
    rows = read_frame(shop.latest(), "recommendations").to_dicts()
    wanted = {code for row in rows for code in (*row["reasons"], *row["data_flags"], row["action"])}
    keys = []
    while wanted:
        best = max(rows, key=lambda row: len(wanted & {*row["reasons"], *row["data_flags"], row["action"]}))
        wanted -= {*best["reasons"], *best["data_flags"], best["action"]}
        keys.append((best["sku"], best["fc"]))
    return keys


def test_the_night_of_these_tests_knows_almost_every_reason(varied):
    said = set(read_frame(varied.latest(), "recommendations")["reasons"].explode())
    seldom = {"not_on_sale", "surplus_elsewhere", "simple_rule", "raised_to_moq", "case_does_not_pay"}
    of_costs = {"order_does_not_pay_its_line", "service_without_shortage_cost"}
    assert set(REASONS) - said <= seldom | of_costs


def test_every_published_number_comes_out_again_and_every_code_is_told(varied, capsys):
    before = {path: path.stat().st_mtime_ns for path in varied.root.rglob("*")}
    published = read_frame(varied.latest(), "recommendations")
    forecasts = read_frame(varied.latest(), "forecasts")
    for sku, fc in rows_with_every_code(varied):
        document = asked(varied, capsys, sku, fc)
        row = published.filter(sku=sku, fc=fc).row(0, named=True)
        assert document["check"] == {"compared": document["check"]["compared"], "same": True, "differences": [], "causes": []}, (sku, fc)
        assert document["check"]["compared"] >= len(row) - 1 + 8 * forecasts.filter(sku=sku, fc=fc).height
        assert document["row"] == json.loads(json.dumps(row, default=str))
        words = " ".join(line for _, lines in told(typed(document)) for line in lines)
        for code in (*row["reasons"], *row["data_flags"]):
            assert code in words
            assert (REASONS | DATA_FLAGS)[code] in words
    after = {path: path.stat().st_mtime_ns for path in varied.root.rglob("*")}
    assert after == before, "asking why wrote something"


def typed(document):
    """The document as it was before it became JSON: texts that are dates are dates again."""
    if isinstance(document, dict):
        return {name: typed(value) for name, value in document.items()}
    if isinstance(document, list):
        return [typed(value) for value in document]
    if isinstance(document, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", document):
        return date.fromisoformat(document)
    return document


def test_the_order_decided_by_cost_is_the_cheapest_of_the_orders_told(varied, capsys):
    priced = 0
    for sku, fc in (("008", "S1"), ("004", "N2"), ("001", "S1"), ("009", "N2"), ("002", "N1"), ("011", "S1")):
        document = asked(varied, capsys, sku, fc)
        found = document["otherwise"]
        assert document["order"]["rule"] == "cost"
        allowed = [line for line in found["candidates"] if line["allowed"]]
        chosen = next(line for line in found["candidates"] if line["chosen"])
        assert chosen["units"] == document["order"]["simulated"] == found["order"] == found["cheapest"]
        assert chosen["cost"] == pytest.approx(min(line["cost"] for line in allowed), abs=1e-6)
        assert found["one_case_more"]["costs"] >= -1e-6 or document["terms"]["max_units"]["value"] is not None
        if found["one_case_less"] is not None:
            assert found["one_case_less"]["costs"] >= -1e-6
        if (gain := document["row"]["marginal_gain_last_case"]) is not None and chosen["units"] > document["order"]["least"]:
            priced += 1
            assert found["one_case_less"]["costs"] == pytest.approx(gain, abs=0.006)
    assert priced >= 2


def test_the_steps_to_the_order_add_up(varied, capsys):
    document = asked(varied, capsys, "007", "N1")
    stock, row = document["stock"], document["row"]
    assert stock["inventory_position"] == stock["on_hand"] + 5 - 3 + stock["inbound_units"]
    assert row["order_up_to"] == pytest.approx(row["inventory_position"] + row["raw_units"])
    assert row["safety_stock"] == pytest.approx(row["order_up_to"] - row["demand_mean"], abs=0.001)
    parts = document["forecast"]["parts"]
    assert sum(parts.values()) == pytest.approx(document["forecast"]["mean_per_period"])
    assert document["forecast"]["mean_per_period"] == pytest.approx(
        read_frame(varied.latest(), "forecasts").filter(sku="007", fc="N1")["mean"].mean(), abs=0.001
    )


def test_inbound_lines_are_told_one_by_one_with_their_dates(varied, capsys):
    words = read(varied, capsys, "004", "N1")
    assert "30 on the way, on sale from Sat 2024-06-08, order PO-1; overdue, counted as arriving at once" in words
    assert "30 on the way, on sale from Fri 2024-06-14, order PO-2" in words
    assert "inbound_overdue" in words


def test_a_line_of_a_lane_with_receipts_is_told_with_its_chances(varied, capsys):
    words = read(varied, capsys, "008", "S1")
    assert re.search(r"12 on the way, on sale from Sun 2024-06-09, order PO-3; overdue, \d+(\.\d)?% that it never comes", words)
    assert "of all orders never come" in words
    known = asked(varied, capsys, "008", "S1")["interval"]["lead_time"]
    assert (known["lines"], known["lane"]) == (7, "supplier × fc")
    assert 2 <= known["p10"] <= known["p50"] <= known["p90"] <= 6
    assert 0 < known["never"] < 0.05


def test_terms_say_where_they_come_from(varied, capsys):
    terms = asked(varied, capsys, "008", "S1")["terms"]
    assert terms["lead_time_days"]["from"] == "receipts, 7 order lines by supplier × fc"
    assert terms["case_pack"] == {"value": 6.0, "from": "supply, 008 at any fc"}
    assert terms["shortage_cost"] == {"value": 5.0, "from": "price − unit cost (items)"}
    terms = asked(varied, capsys, "011", "S1")["terms"]
    assert terms["holding_cost"]["from"] == "unit cost × replenishment.capital_rate + storage (items)"
    assert terms["lead_time_days"] == {"value": 3.0, "from": "supply, 011 at any fc"}
    assert asked(varied, capsys, "006", "S1")["terms"]["service_level"] == {"value": 0.99, "from": "a planner's override"}
    terms = asked(varied, capsys, "012", "S1")["terms"]
    assert terms["shortage_cost"] == {"value": None, "from": None}
    assert terms["review_days"] == {"value": 1, "from": "config, replenishment.review_days"}
    assert asked(varied, capsys, "010", "N1")["terms"]["review_days"]["from"] == "order_weekdays Wed (supply, 010 at any fc)"


def test_an_order_cut_to_the_most_units_names_the_limit_beside_what_a_case_more_would_save(varied, capsys):
    document = asked(varied, capsys, "009", "S1")
    assert document["row"]["order_units"] == document["otherwise"]["cheapest"] == 12
    more = document["otherwise"]["one_case_more"]
    assert (more["units"], more["allowed"]) == (18, False)
    assert more["costs"] < 0
    words = read(varied, capsys, "009", "S1")
    assert "cut to the most units per line, 12 (supply, 009 at any fc)" in words
    assert "one case more (18 units, above the most units) saves" in words


def test_planners_decisions_and_order_days_are_told(varied, capsys):
    assert "30 by a planner's override, in place of it" in read(varied, capsys, "005", "N1")
    assert "a planner excluded the item" in read(varied, capsys, "005", "N2")
    assert "multiplies demand by 1.5" in read(varied, capsys, "005", "S1")
    assert "orders go out again in 1 day" in read(varied, capsys, "010", "N1")
    document = asked(varied, capsys, "008", "N1")
    found = document["otherwise"]
    assert found["order"] == 7.0
    assert found["order"] != document["order"]["simulated"]
    chosen = next(line for line in found["candidates"] if line["chosen"])
    assert chosen["above_cheapest"] >= 0
    assert found["cheapest"] == document["order"]["simulated"]


def test_units_to_spare_at_other_fcs_are_those_that_transfers_count_on(new_shop, capsys):
    """At N1 nothing is left and an order takes two days; N2 has plenty, the south is another region."""
    shop = new_shop("plenty").open()
    shop.deliver_stock(date(2024, 6, 9), {("N1", "005"): 0.0, ("N2", "005"): 500.0, ("S1", "005"): 900.0})
    shop.night()
    capsys.readouterr()
    document = asked(shop, capsys, "005", "N1")
    assert document["row"]["action"] == "transfer"
    there = read_frame(shop.latest(), "recommendations").filter(sku="005", fc="N2").row(0, named=True)
    (other,) = document["elsewhere"]
    assert other["fc"] == "N2"
    assert other["spare"] == pytest.approx(500 - there["order_up_to"] - there["demand_mean"])
    words = read(shop, capsys, "005", "N1")
    assert "that is why a transfer is the action" in words
    assert "surplus_elsewhere" in words


def test_where_no_cost_is_known_service_is_told_instead_of_money(varied, capsys):
    document = asked(varied, capsys, "012", "S1")
    found = document["otherwise"]
    assert not found["priced"]
    assert found["turns"]["of"] == "service_level"
    assert all(line["cost"] is None for line in found["candidates"])
    words = read(varied, capsys, "012", "S1")
    assert "what a unit of unmet demand costs is not known" in words
    assert "EUR" not in words.split("What would change the answer")[1].split("Reasons")[0]


def test_a_row_of_unknown_stock_has_no_order_to_explain(varied, capsys):
    document = asked(varied, capsys, "011", "N2")
    assert document["otherwise"] is None
    words = read(varied, capsys, "011", "N2")
    assert "stock is unknown, not zero" in words
    assert "no order can be told" in words


def test_what_changed_since_the_night_before_is_told(varied, capsys):
    document = asked(varied, capsys, "008", "S1")
    first = sorted(varied.runs(), key=lambda run: run.as_of)[0]
    before = read_frame(first, "recommendations").filter(sku="008", fc="S1").row(0, named=True)
    moved = {line["what"]: line["before"] for line in document["previous"]["moved"]}
    assert document["previous"]["run_id"] == first.run_id
    assert moved["order_units"] == before["order_units"] == document["row"]["previous_order_units"]
    assert moved["demand_mean"] == before["demand_mean"]


def test_another_run_is_explained_by_its_id_or_folder(varied, capsys):
    first = sorted(varied.runs(), key=lambda run: run.as_of)[0]
    for way in (("--run", first.run_id), ("--run", first.path), ("--run", first.run_id, "--out", "out"), ("--config", "config.toml")):
        document = asked(varied, capsys, "008", "S1", *way)
        assert document["run_id"] == (varied.latest() if way[0] == "--config" else first).run_id
        assert document["check"]["same"]
    assert "there was no run of an earlier day" in read(varied, capsys, "008", "S1", "--run", first.run_id)


def test_another_setting_is_asked_about_without_a_run(varied, capsys):
    document = asked(varied, capsys, "008", "S1", "--set", "replenishment.service_level=0.5")
    assert document["row"]["protection_demand_target"] == document["row"]["protection_demand_p50"]
    assert {difference["what"] for difference in document["check"]["differences"]} >= {"protection_demand_target"}
    words = read(varied, capsys, "001", "N1", "--set", "replenishment.holding_cost=0.05")
    assert "nothing: all" in words
    assert "'horizon=9'" in refused(varied, capsys, "008", "S1", "--set", "horizon=9", code=64)
    assert "service_level" in refused(varied, capsys, "008", "S1", "--set", "replenishment.servce_level=0.9", code=64)


def test_rows_that_are_not_there_name_what_is(varied, capsys):
    assert "did you mean '012'" in refused(varied, capsys, "12", "N1")
    assert "'N1'" in refused(varied, capsys, "012", "N9")
    assert "fillrate why 012 N1" in refused(varied, capsys, "N1", "012")
    assert "'001', '002'" in refused(varied, capsys, "lamp", "N1")
    assert "nope" in refused(varied, capsys, "012", "N1", "--run", "nope")
    assert "elsewhere" in refused(varied, capsys, "012", "N1", "--out", "elsewhere")


def test_an_item_that_is_not_active_says_so(shop, capsys):
    shop.write("items.csv", [{"sku": "004", "discontinued_date": date(2024, 6, 1)}, {"sku": "005", "discontinued_date": None}])
    shop.night()
    capsys.readouterr()
    said = refused(shop, capsys, "004", "N1")
    assert "not active" in said
    assert "2024-06-09" in said


def test_without_stock_there_is_nothing_to_explain(ran, capsys):
    assert ran.call("forecast", "--json") == 0
    alone = ran.runs()[0]
    capsys.readouterr()
    assert "forecast only" in refused(ran, capsys, "004", "N1", "--run", alone.run_id)


def test_a_run_of_one_region_says_that_it_was_one(ran, capsys):
    south = ran.night("--region", "south")
    capsys.readouterr()
    assert "without region north" in refused(ran, capsys, "004", "N1", "--run", south.run_id)
    assert asked(ran, capsys, "004", "S1", "--run", south.run_id)["check"]["same"]


def test_a_number_that_comes_out_otherwise_is_named_and_ends_with_one(ran, capsys):
    run = ran.latest()
    path = run.path / "recommendations.parquet"
    path.chmod(0o644)
    read_frame(run, "recommendations").with_columns(on_hand=pl.col("on_hand") + 1).write_parquet(path)
    document = asked(ran, capsys, "008", "S1", code=1)
    (difference,) = document["check"]["differences"]
    assert difference == {"table": "recommendations", "what": "on_hand", "published": 1.0, "recomputed": 0.0}
    assert "recommendations.parquet" in document["check"]["causes"][0]
    words = read(ran, capsys, "008", "S1", code=1)
    assert "1 of 1" in words
    assert "changed after it was published" in words


def test_other_code_is_told_as_the_cause(ran, capsys):
    run = ran.latest()
    (model,) = (ran.lake / "models" / "_shared").glob("*/model.json")
    document = json.loads(model.read_text())
    model.write_text(json.dumps(document | {"signature": "other"}))
    path = run.path / "forecasts.parquet"
    path.chmod(0o644)
    read_frame(run, "forecasts").with_columns(mean=pl.col("mean") + 1).write_parquet(path)
    causes = asked(ran, capsys, "008", "S1", code=1)["check"]["causes"]
    assert any("code that forecasts and decides" in cause for cause in causes)


def test_what_was_removed_is_told_in_one_message(ran, capsys):
    run = ran.latest()
    models = ran.lake / "models"
    models.rename(models.with_name("kept"))
    assert f"fillrate rerun {run.run_id}" in refused(ran, capsys, "008", "S1")
    models.with_name("kept").rename(models)
    for part in (ran.lake / "sales").rglob("*.parquet"):
        part.unlink()
    assert "can no longer be read" in refused(ran, capsys, "008", "S1")
    shutil.rmtree(ran.lake)
    assert "lake" in refused(ran, capsys, "008", "S1")
    shutil.rmtree(run.path)
    assert run.run_id in refused(ran, capsys, "008", "S1", "--run", run.run_id)


def test_a_predecessor_that_was_removed_is_told_and_not_held_against_the_row(varied, tmp_path, shop_at, capsys):
    shutil.copytree(varied.root, tmp_path / "copy", symlinks=True)
    shop = shop_at(tmp_path / "copy")
    shutil.rmtree(shop.out / "runs" / read_manifest(shop.latest())["previous_run_id"])
    document = asked(shop, capsys, "008", "S1")
    assert document["check"]["same"]
    assert document["previous"]["gone"]
    assert "no longer there" in read(shop, capsys, "008", "S1")


def test_a_weekly_run_is_told_in_weeks(shop, capsys):
    shop.config.write_text(shop.config.read_text().replace("horizon = 14", 'horizon = 4\nfrequency = "week"'))
    shop.night()
    capsys.readouterr()
    document = asked(shop, capsys, "008", "S1")
    assert document["check"]["same"]
    assert document["interval"]["lead_periods"] == document["interval"]["review_periods"] == 1
    words = read(shop, capsys, "008", "S1")
    assert "waiting 1 week to the next chance to order" in words
    assert "every order 7 days longer" in words
