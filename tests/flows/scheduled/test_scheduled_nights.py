"""Scheduled nights on a shop: missed ones run in order, late tables waited for, run without, and run again."""

import contextlib
import json
from datetime import date, timedelta
from functools import partial

import pytest

from data.errors import InputError
from data.lake import Lake
from data.lock import lake_lock
from data.published import read_frame, read_manifest
from flows.conductor import Request, conduct
from flows.scheduled import scheduled_night

MONDAY = date(2024, 6, 10)
"""The day after the shop's first night, which nobody has delivered yet."""

SETTINGS = ('schedule.time_zone="Europe/Berlin"', 'schedule.wait_for=["sales","stock"]')


def deliver(shop, day: date, *, stock: bool = True) -> None:
    shop.deliver_sales(day, since=day)
    if stock:
        shop.deliver_stock(day)


def night(shop, clock, *changes: str, catch_up: bool = True, wait: bool = True):
    with contextlib.chdir(shop.root):
        settings = shop.settings(*SETTINGS, *changes)
        return scheduled_night(settings, Request(), partial(conduct, settings), clock, catch_up=catch_up, wait=wait)


def published(shop) -> list[str]:
    """Last known days in the order of publication."""
    return [run.as_of.isoformat()[5:] for run in reversed(shop.runs())]


def test_a_night_whose_tables_are_there_does_not_wait(ran, morning):
    deliver(ran, MONDAY)
    clock = morning()
    outcome = night(ran, clock)
    assert (clock.now().hour, clock.now().minute) == (2, 30)
    assert (outcome.as_of, outcome.latest) == (MONDAY, True)
    assert published(ran) == ["06-09", "06-10"]
    assert {message["code"] for message in ran.messages()}.isdisjoint({"late_table", "nights_caught_up", "supersedes"})


def test_a_late_table_is_waited_for(ran, morning):
    deliver(ran, MONDAY, stock=False)
    clock = morning()
    clock.at(3, 15, partial(ran.deliver_stock, MONDAY))
    outcome = night(ran, clock)
    # Seen at 3:20, and the same at 3:30: whole.
    assert (clock.now().hour, clock.now().minute) == (3, 30)
    assert outcome.as_of == MONDAY
    assert ran.messages("late_table") == []
    assert len(ran.runs()) == 2


def test_a_file_that_is_still_being_written_is_no_delivery_yet(ran, morning):
    """Two files of one day that come ten minutes apart are one delivery, whose rows add up: taken in apart, the second would replace."""
    ran.deliver_stock(MONDAY)
    whole = [{"date": MONDAY, "sku": f"{number:03}", "fc": "N1", "units": 10} for number in range(1, 13)]
    others = [row | {"fc": fc} for row in whole for fc in ("N2", "S1")]
    clock = morning()
    clock.at(3, 0, partial(ran.write, "sales/a.csv", whole + others))
    clock.at(3, 10, partial(ran.write, "sales/b.csv", whole))
    night(ran, clock)
    with contextlib.chdir(ran.root):
        history = Lake(ran.settings().lake).read("sales", since=MONDAY)
    assert history.filter(fc="N1", sku="001")["units"].to_list() == [20.0]
    assert (clock.now().hour, clock.now().minute) == (3, 20)


def test_what_does_not_come_in_time_is_run_without_and_said_loudly(ran, morning, web_server, monkeypatch, caplog):
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", web_server.url())
    deliver(ran, MONDAY, stock=False)
    clock = morning()
    outcome = night(ran, clock, 'schedule.again_until="never"')
    assert (clock.now().hour, clock.now().minute) == (4, 30)
    assert (outcome.as_of, outcome.latest) == (MONDAY, True)
    run = ran.latest()
    (said,) = ran.messages("late_table")
    assert (said["severity"], said["table"]) == ("error", "stock")
    assert said["message"] == "stock of 2024-06-10 had not been delivered by 04:30: the night was run with what was there"
    assert said["fix"] == "deliver it, and run the night again"
    alert = read_frame(run, "alerts").filter(kind="data_problem", message=said["message"]).to_dicts()
    assert [(row["state"], row["listed"]) for row in alert] == [("new", True)]
    (told,) = web_server.taken
    assert told["title"].endswith(", without the late stock")
    assert said["message"] in told["message"]
    assert said["message"] in caplog.text
    assert said in read_manifest(run)["planning_messages"]


def test_the_night_is_run_again_when_what_was_missing_comes(ran, morning, web_server, monkeypatch):
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", web_server.url())
    clock = morning()
    clock.at(4, 0, partial(ran.deliver_sales, MONDAY, since=MONDAY))
    clock.at(6, 45, partial(ran.deliver_stock, MONDAY))
    night(ran, clock)
    assert (clock.now().hour, clock.now().minute) == (7, 0)
    assert published(ran) == ["06-09", "06-10", "06-10"]
    second, first = ran.runs()[:2]
    assert second == ran.latest()
    assert ran.messages("late_table", first)[0]["fix"] == "deliver it: until 12:00 the night is then run again"
    assert ran.messages("late_table", second) == []
    (said,) = ran.messages("supersedes", second)
    assert first.run_id in said["message"]
    rolled = [read_frame(run, "recommendations")["data_flags"].list.contains("stock_rolled_forward").any() for run in (first, second)]
    assert rolled == [True, False]
    assert [read_manifest(run)["previous_run_id"] for run in (first, second)] == [ran.runs()[2].run_id] * 2
    assert ["without the late stock" in told["title"] for told in web_server.taken] == [True, False]


def test_each_table_that_comes_late_is_worth_a_run(ran, morning):
    clock = morning(hour=4, minute=45)  # the time to wait is over before it begins
    clock.at(6, 0, partial(ran.deliver_sales, MONDAY, since=MONDAY))
    clock.at(8, 0, partial(ran.deliver_stock, MONDAY))
    night(ran, clock)
    assert published(ran) == ["06-09", "06-09", "06-10", "06-10"]
    third, second, first = ran.runs()[:3]
    assert [len(ran.messages("late_table", run)) for run in (first, second, third)] == [2, 1, 0]


def test_what_never_comes_ends_the_watch(ran, morning):
    clock = morning()
    outcome = night(ran, clock)
    assert (clock.now().hour, clock.now().minute) == (12, 0)
    assert len(ran.runs()) == 2
    assert outcome.as_of == MONDAY - timedelta(days=1)


def test_a_half_delivered_day_has_not_come(ran, morning):
    ran.deliver_stock(MONDAY)
    ran.write("sales/part.csv", [{"date": MONDAY, "sku": "001", "fc": "N1", "units": 3}])
    clock = morning()
    clock.at(3, 0, partial(ran.deliver_sales, MONDAY, since=MONDAY))
    assert night(ran, clock).as_of == MONDAY
    assert clock.now().hour == 3
    assert len(ran.runs()) == 2


def test_an_input_that_cannot_be_read_yet_fails_only_the_run_without_it(ran, morning):
    """The night fails at half past four and people are told; at eight the file is mended, and it runs."""
    deliver(ran, MONDAY)
    whole = (ran.inputs / "locations.csv").read_text()
    (ran.inputs / "locations.csv").write_text("nothing,of\nthe,kind\n")
    clock = morning()
    clock.at(8, 0, lambda: (ran.write("locations.csv", whole), ran.deliver_stock(MONDAY, {("N1", "001"): 77.0})))
    outcome = night(ran, clock)
    assert (outcome.as_of, outcome.latest) == (MONDAY, True)
    assert "first attempt had published nothing" in ran.messages("run_again")[0]["message"]
    (ran.inputs / "locations.csv").write_text("nothing,of\nthe,kind\n")
    with pytest.raises(InputError, match="locations"):
        night(ran, morning(12))


def test_missed_nights_are_run_oldest_first_each_as_of_its_own_day(ran, morning):
    for back in range(4):
        deliver(ran, MONDAY + timedelta(days=back))
    night(ran, morning(14))
    assert published(ran) == ["06-09", "06-10", "06-11", "06-12", "06-13"]
    tonight, *caught, _ = ran.runs()
    assert tonight == ran.latest()
    assert [read_manifest(run)["previous_run_id"] for run in ran.runs()[:4]] == [run.run_id for run in ran.runs()[1:]]
    assert [len(ran.messages("caught_up", run)) for run in (tonight, *caught)] == [0, 1, 1, 1]
    (said,) = ran.messages("nights_caught_up", tonight)
    assert said["message"] == "nights that had been missed were run first: as of 2024-06-10, 2024-06-11, 2024-06-12"
    assert night(ran, morning(14)).as_of == date(2024, 6, 13)
    assert published(ran) == ["06-09", "06-10", "06-11", "06-12", "06-13", "06-13"], "what was caught up is not missed again"


def test_not_more_nights_are_caught_up_than_allowed(ran, morning):
    for back in range(4):
        deliver(ran, MONDAY + timedelta(days=back))
    night(ran, morning(14), "schedule.catch_up_nights=1")
    assert published(ran) == ["06-09", "06-12", "06-13"]
    (said,) = ran.messages("nights_left_out")
    assert said["message"] == "2 missed nights were not run, since schedule.catch_up_nights is 1: as of 2024-06-10, 2024-06-11"


def test_a_missed_night_that_fails_does_not_stop_tonight(ran, morning, web_server, monkeypatch):
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", web_server.url())
    for back in range(2):
        deliver(ran, MONDAY + timedelta(days=back))

    def run(request):
        if request.as_of == MONDAY:
            raise InputError("the shelf fell over")
        return conduct(settings, request)

    with contextlib.chdir(ran.root):
        settings = ran.settings(*SETTINGS)
        outcome = scheduled_night(settings, Request(), run, morning(12), catch_up=True, wait=True)
    assert (outcome.as_of, outcome.latest) == (date(2024, 6, 11), True)
    (said,) = ran.messages("night_not_caught_up")
    assert "2024-06-10" in said["message"]
    assert "the shelf fell over" in said["message"]
    assert len(web_server.taken) == 1, "people are told of tonight"


def test_without_catching_up_missed_nights_stay_missed(ran, morning):
    for back in range(2):
        deliver(ran, MONDAY + timedelta(days=back))
    night(ran, morning(12), catch_up=False)
    assert published(ran) == ["06-09", "06-11"]


def test_a_lake_in_use_is_looked_at_again(ran, morning):
    deliver(ran, MONDAY, stock=False)
    clock = morning()
    held = contextlib.ExitStack()
    clock.at(3, 0, lambda: (held.enter_context(lake_lock(ran.lake)), ran.deliver_stock(MONDAY)))
    clock.at(3, 40, held.close)
    assert night(ran, clock).as_of == MONDAY
    assert (clock.now().hour, clock.now().minute) == (3, 40)
    assert ran.messages("late_table") == []


def test_who_ran_the_night_by_hand_meanwhile_is_not_overruled(ran, morning):
    deliver(ran, MONDAY, stock=False)
    clock = morning()
    clock.at(6, 0, lambda: (ran.deliver_stock(MONDAY), ran.night()))
    night(ran, clock)
    assert published(ran) == ["06-09", "06-10", "06-10"]


def test_a_rerun_says_what_the_night_said(ran, morning, same):
    deliver(ran, MONDAY, stock=False)
    night(ran, morning(), 'schedule.again_until="never"')
    assert ran.fillrate("rerun", ran.latest().run_id, "--out", "out") == 0
    assert same(ran.runs()[0], ran.latest())
    assert len(ran.messages("late_table")) == 1


@pytest.mark.parametrize("option", ["--as-of=2024-06-09", "--region=north", "--stage=forecast"])
def test_only_tonight_as_a_whole_is_scheduled(ran, option, capsys):
    assert ran.call("run", "--catch-up", option) == 64
    assert "for tonight as a whole" in capsys.readouterr().err


def test_the_command_catches_up_and_waits_for_nothing_by_default(ran, capsys):
    for back in range(2):
        deliver(ran, MONDAY + timedelta(days=back))
    capsys.readouterr()
    assert ran.call("run", "--direct", "--json", "--catch-up", "--wait") == 0
    assert json.loads(capsys.readouterr().out)["as_of"] == "2024-06-11"
    assert published(ran) == ["06-09", "06-10", "06-11"]


def test_rows_of_a_database_are_asked_for_until_they_come(ran, morning, postgres):
    """The stock of Monday is written at a quarter past three: no file shows it, and a query never sees half of it."""
    postgres.execute("CREATE TABLE stock (date date, sku text, fc text, on_hand float)", database="shop")

    def stock_comes() -> None:
        ran.deliver_stock(MONDAY)
        rows = [line.split(",") for line in (ran.inputs / "stock" / f"{MONDAY}.csv").read_text().splitlines()[1:]]
        (ran.inputs / "stock" / f"{MONDAY}.csv").unlink()
        values = ", ".join(f"('{day}', '{sku}', '{fc}', {units})" for day, sku, fc, units in rows)
        postgres.execute(f"INSERT INTO stock VALUES {values}", database="shop")

    with ran.config.open("a") as config:
        config.write('\n[inputs.stock]\nquery = "SELECT date, sku, fc, on_hand FROM stock"\n')
    deliver(ran, MONDAY, stock=False)
    clock = morning()
    clock.at(3, 15, stock_comes)
    outcome = night(ran, clock)
    assert (clock.now().hour, clock.now().minute) == (3, 20)
    assert (outcome.as_of, ran.messages("late_table")) == (MONDAY, [])
