"""The conductor: order of the tasks, what each stage ends with, regions that fail, and that nothing is left behind."""

import pytest

from data.contracts import INPUT_TABLES
from data.published import read_frame, read_manifest
from flows.conductor import NothingToPublish, Request, UnknownRegion, conduct, directly, rerun


@pytest.fixture
def here(ran, monkeypatch):
    """A shop that has run its first night, as the working directory."""
    monkeypatch.chdir(ran.root)
    return ran


class Watching:
    """Carries tasks out, remembering their names; those named in `failing` fail."""

    def __init__(self, *failing):
        self.tasks = []
        self.failing = failing

    def __call__(self, task, function, *arguments):
        self.tasks.append(task)
        if task in self.failing:
            raise ValueError(f"{task} was to fail")
        return directly(task, function, *arguments)


def work_left(shop):
    return list((shop.lake / "work").glob("*"))


def test_a_night_with_kept_models_ingests_plans_decides_and_publishes(here):
    watching = Watching()
    outcome = conduct(here.settings(), Request(), watching)
    ingests = [task for task in watching.tasks if task.startswith("ingest-")]
    assert ingests[0] == "ingest-locations", "locations decide where the rest is kept"
    assert len(ingests) == len(INPUT_TABLES) == len(set(ingests))
    assert watching.tasks[len(ingests) : len(ingests) + 6] == ["tidy", "plan", "watch", "decide-north", "decide-south", "publish"]
    assert outcome.latest
    assert outcome.failed == {}
    assert work_left(here) == []


def test_training_samples_every_region_also_when_one_is_decided(here):
    watching = Watching()
    conduct(here.settings("seed=9"), Request(first="train", regions=("south",)), watching)
    assert watching.tasks == [
        "plan", "watch", "sample-north", "sample-south", "train-shared", "train-north", "train-south", "calibrate", "challenge",
        "decide-south", "publish",
    ]  # fmt: skip


def test_a_region_that_fails_while_training_is_left_out_and_the_others_are_published(here):
    outcome = conduct(here.settings("seed=9"), Request(), Watching("sample-south"))
    assert outcome.failed == {"south": "ValueError: sample-south was to fail"}
    assert outcome.latest
    assert outcome.run is not None
    assert set(read_frame(outcome.run, "recommendations")["region"]) == {"north"}
    assert read_manifest(outcome.run)["failed_regions"] == ["south"]


def test_a_region_nobody_asked_for_does_not_count_as_failed(here):
    outcome = conduct(here.settings("seed=9"), Request(first="train", regions=("north",)), Watching("sample-south"))
    assert outcome.failed == {}


def test_nothing_is_published_and_nothing_left_when_all_regions_fail(here):
    with pytest.raises(NothingToPublish, match="north: ValueError: decide-north was to fail"):
        conduct(here.settings(), Request(), Watching("decide-north", "decide-south"))
    assert len(here.runs()) == 1
    assert work_left(here) == []


@pytest.mark.parametrize("task", ["train-shared", "calibrate", "publish"])
def test_what_fails_for_all_regions_ends_the_night_and_the_next_one_succeeds(here, task):
    with pytest.raises(ValueError, match=task):
        conduct(here.settings("seed=9"), Request(), Watching(task))
    assert len(here.runs()) == 1
    assert work_left(here) == []
    assert conduct(here.settings("seed=9"), Request()).latest


def test_an_unknown_region_is_refused_with_those_there_are(here):
    with pytest.raises(UnknownRegion, match="north, south"):
        conduct(here.settings(), Request(regions=("west",)))
    assert work_left(here) == []


def test_a_rerun_decides_the_regions_of_the_run(here):
    partial = conduct(here.settings(), Request(regions=("south",))).run
    watching = Watching()
    assert partial is not None
    outcome = rerun(here.settings(), partial, watching)
    assert watching.tasks == ["decide-south", "publish"]
    assert not outcome.latest
