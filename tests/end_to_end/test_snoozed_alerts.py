"""An alert silenced from the command line: over nights it sleeps, wakes, is told again, and a rerun knows what its run knew."""

import json
from datetime import date, timedelta

import polars as pl
import pytest

from data.published import read_frame, read_manifest

MONDAY = date(2024, 6, 10)
SHELF = ("N2", "008")
WHO = ("--author", "Ada", "--reason", "the lorry broke down")


def night(shop, days, on_hand=0.0):
    day = MONDAY + timedelta(days=days)
    shop.deliver_sales(day, since=day)
    shop.deliver_stock(day, {SHELF: on_hand})
    return shop.night()


def alert(run):
    return read_frame(run, "alerts").filter(kind="stocked_out", fc=SHELF[0], sku=SHELF[1]).to_dicts()


def silenced(run):
    (row,) = alert(run)
    return row["state"], row["snoozed_by"], row["snoozed_until"], row["listed"]


def test_three_nights_with_a_date(ran, same, capsys):
    (before,) = alert(ran.latest())
    assert ran.fillrate("snooze", before["alert_id"][:6], "--until", "2024-06-12", *WHO) == 0
    assert "stocked out 008 N2) is silent until the orders of 2024-06-12" in capsys.readouterr().out
    assert alert(ran.latest()) == [before], "a published run never changes"
    first = night(ran, 0)
    assert silenced(first)[1:] == ("Ada", date(2024, 6, 12), False)
    assert alert(first)[0]["snooze_reason"] == "the lorry broke down"
    counts = read_frame(first, "metrics").filter(name="alerts_snoozed", segment="stocked_out")
    assert counts["value"].to_list() == [1.0]
    second = night(ran, 1)
    assert silenced(second)[1:3] == (None, None), "the orders of the 12th are made as of the 11th"
    assert alert(second)[0]["alert_id"] == before["alert_id"]
    # What the first night knew is in its manifest, so it comes out the same though the snooze has been cancelled since.
    assert ran.fillrate("snooze", before["alert_id"], "--cancel", *WHO) == 0
    assert [snooze["alert_id"] for snooze in read_manifest(first)["snoozes"]] == [before["alert_id"]]
    assert ran.fillrate("rerun", first.run_id, "--json") == 0
    assert same(first, ran.runs()[0])
    assert read_manifest(ran.runs()[0])["snoozes"] == read_manifest(first)["snoozes"]


def test_a_problem_that_went_and_came_back_is_told(ran):
    (before,) = alert(ran.latest())
    assert ran.fillrate("snooze", before["alert_id"], "--until", "2024-12-31", *WHO) == 0
    assert silenced(night(ran, 0))[1] == "Ada"
    (gone,) = alert(night(ran, 1, on_hand=500.0))
    assert (gone["state"], gone["snoozed_by"], gone["listed"]) == ("cleared", None, False)
    assert silenced(night(ran, 2))[:2] == ("new", None)


def test_a_cancelled_snooze_ends_and_both_decisions_are_kept(ran, capsys):
    (before,) = alert(ran.latest())
    ran.fillrate("snooze", before["alert_id"], "--until-worse", *WHO)
    ran.fillrate("snooze")
    assert "until it gets worse, by Ada" in capsys.readouterr().out
    assert ran.fillrate("snooze", before["alert_id"], "--cancel", "--author", "Bo", "--reason", "it came") == 0
    lines = [json.loads(line) for line in (ran.out / "snoozes.jsonl").read_text().splitlines()]
    assert [(line["author"], line["cancel"]) for line in lines] == [("Ada", False), ("Bo", True)]
    assert ran.fillrate("snooze") == 0
    assert "nothing is snoozed" in capsys.readouterr().out
    assert silenced(night(ran, 0))[1] is None
    assert ran.fillrate("snooze", before["alert_id"], "--cancel", *WHO) == 1
    assert "nothing to cancel" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--until", "2024-07-01", "--author", "Ada"), 64, "--reason is missing"),
        (("--until", "2024-07-01", "--reason", "so"), 64, "--author is missing"),
        (WHO, 64, "say until when"),
        (("--until", "2024-06-09", *WHO), 64, "is over"),
        (("--cancel", "--until-worse", *WHO), 64, "leave out"),
    ],
)
def test_a_snooze_that_says_too_little_is_refused(ran, capsys, options, code, said):
    (before,) = alert(ran.latest())
    assert ran.fillrate("snooze", before["alert_id"], *options) == code
    assert said in capsys.readouterr().err
    assert not (ran.out / "snoozes.jsonl").exists()


def test_an_alert_that_is_not_there_is_named(ran, capsys):
    assert ran.fillrate("snooze", "nosuchid", "--until-worse", *WHO) == 1
    assert "has no open alert 'nosuchid'" in capsys.readouterr().err


@pytest.mark.parametrize(("line", "said"), [('{"alert_id": "x"}\n', "is not a snooze"), ('{"alert_id"', "is torn")])
def test_a_damaged_ledger_silences_nothing_and_is_told(ran, capsys, line, said):
    (before,) = alert(ran.latest())
    ran.fillrate("snooze", before["alert_id"], "--until", "2024-12-31", *WHO)
    with (ran.out / "snoozes.jsonl").open("a") as ledger:
        ledger.write(line)
    run = night(ran, 0)
    assert silenced(run)[1] is None, "orders and alerts go out all the same"
    (message,) = ran.messages("snoozes_unreadable", run)
    assert said in message["message"]
    assert "line 2 of" in message["message"]
    assert ran.fillrate("snooze") == 1
    assert said in capsys.readouterr().err


def test_a_surplus_is_told_with_its_cost(ran):
    """A thousand of an item that sells some three a day."""
    ran.deliver_sales(MONDAY, since=MONDAY)
    ran.deliver_stock(MONDAY, {("N1", "003"): 1000.0, ("S1", "012"): 40.0})
    found = read_frame(ran.night(), "alerts").filter(pl.col("kind").is_in(["overstock", "slow_mover"]))
    (many,) = found.filter(fc="N1", sku="003").to_dicts()
    (few,) = found.filter(fc="S1", sku="012").to_dicts()
    assert (many["kind"], few["kind"]) == ("slow_mover", "slow_mover"), "both last for most of a year"
    assert many["units_at_risk"] == pytest.approx(1000 - 20 * 3.9, rel=0.05)
    assert many["value_at_risk"] == pytest.approx(many["units_at_risk"] * 0.05 * 3, rel=0.05), "L + R = 3 days at 0.05 a unit and day"
    assert many["cost_until_sold"] > 20 * many["value_at_risk"]
    assert many["listed"]
