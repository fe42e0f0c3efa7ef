"""The log as JSON lines: what stands in them, from which processes, and what never does."""

import json
import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.log_lines import JsonLines, bound, carried, json_lines
from flows.past.workers import workers

SECRET = "s3cr3t-P%40ssword"


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_night_logs_one_object_a_line_with_run_region_task_and_seconds(ran, fillrate):
    ended = fillrate(ran, "run", "config.toml", "--direct", "--json", FILLRATE_LOG__FORMAT="json")
    assert ended.code == 0, ended.err
    told = lines(ended.err)
    run_id = ended.json()["run_id"]
    assert {"time", "level", "event"} <= set.intersection(*(set(line) for line in told))
    after_planning = told[[line["event"] for line in told].index("as of 2024-06-09, 2 regions") :]
    assert {line["run_id"] for line in after_planning} == {run_id}
    decided = {line["region"]: line for line in told if line.get("task", "").startswith("decide-") and "seconds" in line}
    assert decided.keys() == {"north", "south"}
    assert all(line["task"] == f"decide-{region}" and line["seconds"] > 0 for region, line in decided.items())
    forecast = [line for line in told if line["event"].startswith("forecast south")]
    assert [(line["region"], line["task"], line["counts"]) for line in forecast] == [("south", "decide-south", {"series": 12})]
    (published,) = [line for line in told if line["event"].startswith(f"published {run_id}")]
    assert published["counts"] == ended.json()["row_counts"]
    assert [line["time"] for line in told] == sorted(line["time"] for line in told)


def test_a_failed_region_is_named_in_its_line(ran, fillrate):
    for file in (ran.lake / "sales").glob("region=south/**/*.parquet"):
        file.unlink()
    ended = fillrate(ran, "run", "config.toml", "--direct", FILLRATE_LOG__FORMAT="json")
    assert ended.code == 2
    (failed,) = [line for line in lines(ended.err) if line["level"] == "error"]
    assert (failed["region"], failed["task"], "run_id" in failed) == ("south", "decide-south", True)


def test_what_a_person_must_mend_is_the_last_line(ran, fillrate):
    (ran.inputs / "locations.csv").write_text("no,such\ncolumns,here\n")
    ended = fillrate(ran, "run", "config.toml", "--direct", FILLRATE_LOG__FORMAT="json")
    assert ended.code == 1
    told = lines(ended.err)
    assert told[-1]["level"] == "critical"
    assert "locations" in told[-1]["event"]
    plain = fillrate(ran, "run", "config.toml", "--direct")
    assert plain.err.splitlines()[-1] == f"fillrate: {told[-1]['event']}"


def test_no_secret_stands_in_a_line(ran, fillrate):
    address = f"json://fillrate:{SECRET}@127.0.0.1:9/{SECRET}"
    ended = fillrate(ran, "run", "config.toml", "--direct", FILLRATE_LOG__FORMAT="json", FILLRATE_NOTIFY_URLS=address)
    assert ended.code == 0
    assert any("was not notified" in line["event"] for line in lines(ended.err))
    for text in (SECRET, "s3cr3t-P@ssword"):
        assert text not in ended.err + ended.out


def test_worker_processes_log_as_the_one_that_started_them(capfd):
    log = logging.getLogger("fillrate")
    with json_lines(), bound(run_id="tonight"), workers(2) as side_by_side:
        assert side_by_side.side_by_side
        assert side_by_side.each("judge", ["north", "south"], log.info, "judged %s") == {}
    told = [line for line in lines(capfd.readouterr().err) if line["event"].startswith("judged")]
    assert sorted((line["event"], line["region"], line["run_id"]) for line in told) == [
        ("judged north", "north", "tonight"),
        ("judged south", "south", "tonight"),
    ]


def test_lines_for_people_stay_as_they_are(ran, fillrate):
    ended = fillrate(ran, "run", "config.toml", "--direct")
    ours = re.compile(r"\d\d:\d\d:\d\d (ingest|as of|forecast|recommend|publish) [^:]*(: [\d,]+ (series|rows)\b.*)?")
    assert [line for line in ended.err.splitlines() if not ours.fullmatch(line)] == []


@given(st.text(), st.dictionaries(st.sampled_from(["region", "task", "run_id"]), st.text()))
def test_every_message_becomes_one_line_that_reads_back(message, ids):
    record = logging.LogRecord("fillrate", logging.WARNING, __file__, 1, "%s", (message,), None)
    with bound(**ids):
        line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line).items() >= {"event": message, "level": "warning", **ids}.items()
    assert carried().ids == {}, "what was bound ends with its block"


@pytest.mark.parametrize("value", ["xml", "JSON"])
def test_another_format_is_refused(ran, fillrate, value):
    ended = fillrate(ran, "run", "config.toml", "--direct", FILLRATE_LOG__FORMAT=value)
    assert ended.code == 64
    assert "log.format" in ended.err
