"""Planning a night: its day, its model, the run it is compared with, and what it refuses."""

from datetime import date, timedelta

import pytest

from data.errors import InputError
from data.lake import LakeError
from data.published import read_manifest
from flows.stages import housekeeping, plan
from flows.stages.plan import newest_model, plan_night, refuse_if_too_old
from flows.version import code_digest


@pytest.fixture
def here(ran, monkeypatch):
    """A shop that has run its first night, as the working directory."""
    monkeypatch.chdir(ran.root)
    return ran


def made_on(run):
    """The calendar day on which a run was made."""
    return date.fromisoformat(read_manifest(run)["started_at"][:10])


def test_a_model_is_used_until_it_is_due(here):
    settings, model = here.settings(), here.latest().run_id
    used = {days: newest_model(settings, date(2024, 6, 9) + timedelta(days=days)) for days in (-1, 0, 6, 7)}
    assert used == {-1: None, 0: model, 6: model, 7: None}
    assert newest_model(here.settings("forecast.retrain_every_days=8"), date(2024, 6, 16)) == model


@pytest.mark.parametrize(
    "change", ["seed=8", "horizon=7", "frequency=week", "forecast.max_training_rows=5000", 'inputs.drivers.known_ahead=["rain"]']
)
def test_a_model_is_not_used_where_it_would_be_another(here, change):
    assert newest_model(here.settings(change), date(2024, 6, 9)) is None


@pytest.mark.parametrize("change", ["replenishment.lead_time_days=4", "name=other", "forecast.paths=32", "forecast.threads=2"])
def test_a_model_is_used_whatever_it_does_not_depend_on(here, change):
    assert newest_model(here.settings(change), date(2024, 6, 9)) is not None


def test_a_model_of_other_code_is_not_used(here, monkeypatch):
    monkeypatch.setattr(plan, "code_digest", lambda: "other")
    assert newest_model(here.settings(), date(2024, 6, 9)) is None
    assert len(code_digest()) == 16


def test_a_night_is_compared_with_the_newest_whole_run_of_an_earlier_day(here):
    settings, first = here.settings(), here.latest().run_id
    previous = {day: plan_night(settings, date(2024, 6, day), "nightly", None).previous for day in (8, 9)}
    assert previous == {8: None, 9: None}
    here.deliver_sales(date(2024, 6, 10), since=date(2024, 6, 10))
    assert here.call("ingest", "--json") == 0
    assert plan_night(settings, None, "nightly", None).previous == first
    assert plan_night(here.settings("name=other"), None, "nightly", None).previous is None, "of the same config only"


def test_a_day_before_all_sales_is_refused(here):
    with pytest.raises(InputError, match="sales begin on 2024-04-01"):
        plan_night(here.settings(), date(2024, 3, 31), "nightly", None)


def test_a_run_is_refused_once_it_is_older_than_its_versions_are_kept(here):
    manifest, settings = read_manifest(here.latest()), here.settings()
    made = made_on(here.latest())
    refuse_if_too_old(manifest, settings, made + timedelta(days=400))
    with pytest.raises(LakeError, match="keep_runs_days = 400"):
        refuse_if_too_old(manifest, settings, made + timedelta(days=401))


def test_housekeeping_keeps_what_kept_runs_can_be_rerun_from(here, same):
    first = here.latest()
    for day in (10, 11):
        here.deliver_sales(date(2024, 6, day), since=date(2024, 6, day))
        here.deliver_stock(date(2024, 6, day))
        here.night()
    night = plan_night(here.settings(), None, "nightly", None)
    housekeeping.clean_up(night, made_on(first))
    night.workspace.end()
    assert here.fillrate("rerun", first.run_id, "--json") == 0
    assert same(first, here.runs()[0])


def test_housekeeping_removes_models_that_no_kept_run_uses(here):
    here.night("--set", "seed=8")
    night = plan_night(here.settings(), None, "nightly", None)
    assert len(night.models.model_ids()) == 2
    housekeeping.clean_up(night, made_on(here.latest()) + timedelta(days=401))
    night.workspace.end()
    assert night.models.model_ids() == [night.model_id]
