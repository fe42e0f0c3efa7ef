"""Old runs: which are removed, which stay because something still needs them, and what is said of those that are gone."""

from datetime import date, timedelta

import polars as pl
import pytest

from data.published import Decisions, read_manifest, record_decisions, retire, retired
from flows.conductor import Request, conduct, rerun, settings_beside
from flows.stages import housekeeping
from flows.stages.plan import plan_night


@pytest.fixture
def here(ran, monkeypatch):
    """A shop that has run its first night, as the working directory."""
    monkeypatch.chdir(ran.root)
    return ran


def made_on(run):
    return date.fromisoformat(read_manifest(run)["started_at"][:10])


def night(shop, day, *changes, days_later=0):
    """A night as of a day of June, made some days after the first one by its calendar."""
    shop.deliver_sales(date(2024, 6, day), since=date(2024, 6, day))
    shop.deliver_stock(date(2024, 6, day))
    first = min(shop.runs(), key=lambda run: run.as_of)
    return conduct(shop.settings(*changes), Request(today=made_on(first) + timedelta(days=days_later))).run


def there(shop):
    return {run.run_id for run in shop.runs()}


KEEP = "output.keep_runs_days=30"


def test_without_the_setting_nothing_is_ever_removed(here):
    night(here, 10, days_later=4000)
    night(here, 11, days_later=4001)
    assert len(there(here)) == 3


def test_what_is_older_goes_and_what_a_younger_run_is_compared_with_stays(here, same):
    first, second = here.latest(), night(here, 10, KEEP)
    assert len(there(here)) == 2, "thirty days are not over"
    third = night(here, 11, KEEP, days_later=31)
    assert there(here) == {second.run_id, third.run_id}, "the second is what the third is run again from"
    assert not list((here.out / "runs").glob(".*"))
    assert here.latest().run_id == third.run_id
    again = rerun(settings_beside(third), third).run
    assert same(third, again)
    assert retired(here.out, second.run_id) is None
    assert retired(here.out, first.run_id).what == "removed"


def test_runs_of_another_config_in_the_same_folder_stay(here):
    first = here.latest()
    night(here, 10, KEEP, "name=other", days_later=31)
    assert first.run_id in there(here)


def test_the_latest_run_stays_however_old(here):
    first = here.latest()
    here.deliver_sales(date(2024, 6, 10), since=date(2024, 6, 10))
    conduct(here.settings(KEEP), Request(as_of=date(2024, 6, 2), today=made_on(first) + timedelta(days=31)))
    assert here.latest().run_id == first.run_id


def test_a_run_stays_until_its_decisions_are_judged(here):
    first = here.latest()
    decision = {
        "run_id": first.run_id, "fc": "N1", "sku": "001", "as_of": first.as_of, "supplier": "Acme", "recommended_units": 6.0,
        "approved_units": 12.0, "reason": "fair", "author": "Ada", "order_date": date(2024, 6, 10), "recorded": date(2024, 6, 10),
        "expires": date(2024, 6, 10), "workbook": "report.xlsx", "cell": "A1",
    }  # fmt: skip
    record_decisions(here.out, first.run_id, Decisions.validate(pl.DataFrame([decision]), cast=True))
    night(here, 10, KEEP)
    night(here, 11, KEEP, days_later=31)
    assert first.run_id in there(here), "the order of 10 June is to serve up to the 12th"
    night(here, 12, KEEP, days_later=32)
    night(here, 13, KEEP, days_later=33)
    assert first.run_id not in there(here)


def test_a_ledger_of_decisions_that_cannot_be_read_keeps_everything(here):
    (here.out / "overrides").mkdir()
    (here.out / "overrides" / "broken.parquet").write_bytes(b"no parquet")
    night(here, 10, KEEP)
    night(here, 11, KEEP, days_later=31)
    assert len(there(here)) == 3


@pytest.mark.parametrize("command", ["rerun RUN", "report RUN", "why 001 N1 --run RUN", "diff RUN latest"])
def test_commands_say_of_a_removed_run_when_and_why_it_went(here, capsys, command):
    first, made = here.latest(), made_on(here.latest())
    night(here, 10, KEEP)
    night(here, 11, KEEP, days_later=31)
    capsys.readouterr()
    assert here.fillrate(*command.replace("RUN", first.run_id).split()) == 1
    said = capsys.readouterr().err
    assert f"run {first.run_id}, made on {made}, was removed on {made + timedelta(days=31)}" in said
    assert "output.keep_runs_days = 30" in said


def test_a_run_whose_inputs_were_removed_says_since_when_and_why(here, capsys, caplog):
    first, second = here.latest(), night(here, 10)
    planned = plan_night(here.settings("lake.keep_runs_days=20"), None, "nightly", None)
    later = made_on(first) + timedelta(days=21)
    housekeeping.clean_up(planned, later)
    planned.workspace.end()
    because = "being older than lake.keep_runs_days = 20 days"
    assert f"cannot be run again from now on, {because}: {first.run_id}, {second.run_id}" in caplog.text
    capsys.readouterr()
    for command in (("rerun", first.run_id), ("why", "001", "N1", "--run", first.run_id)):
        assert here.fillrate(*command) == 1
        said = capsys.readouterr().err
        assert f"what it read was removed from the lake on {later} by a night with lake.keep_runs_days = 20" in said
    caplog.clear()
    housekeeping.clean_up(planned, later)
    assert "cannot be run again" not in caplog.text, "it is said once"


def test_a_note_that_cannot_be_read_is_named(here, capsys):
    retire(here.out, "20240101-x", "removed", on=date(2024, 3, 1), made="2024-01-02", because="output.keep_runs_days = 30")
    (here.out / "retired" / "20240101-x.json").write_text("{")
    assert here.fillrate("report", "20240101-x") == 1
    assert "20240101-x.json is no note on a run" in capsys.readouterr().err
