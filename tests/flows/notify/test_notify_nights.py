"""What people are told of a night, at a real mail server and a real HTTP server: contents, attachment, failure, and no secret."""

import base64
import json
from datetime import date

import polars as pl
import pytest

from data.published import read_frame, read_manifest

SECRET, ENCODED = "s3cr3t-P@ss/word", "s3cr3t-P%40ss%2Fword"


def next_day(ran):
    ran.deliver_sales(date(2024, 6, 10), since=date(2024, 6, 10))
    ran.deliver_stock(date(2024, 6, 10), {("N1", "003"): 0.0})


def test_a_night_is_told_by_mail_with_its_report(ran, mail_server, monkeypatch, capsys):
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", mail_server.url())
    next_day(ran)
    run = ran.night("--set", "notify.attach=true", "--set", "notify.alerts=2")
    assert [sent["problem"] for sent in json.loads(capsys.readouterr().out)["notified"]] == [None]
    (mail,) = mail_server.taken
    alerts = read_frame(run, "alerts").filter(pl.col("state") != "cleared")
    critical = alerts.filter(severity="critical").height
    assert mail["To"] == "planner@shop.example"
    assert mail["Subject"].startswith(f"shop as of 2024-06-10: {critical} critical alert")
    text = mail.get_body(("plain",)).get_content()
    headline = read_manifest(run)["headline"]
    assert f"{headline['order_lines']:.0f} of 36 items to order: {headline['order_units']:,.0f} units" in text
    assert f"{headline['order_value']:,.0f} EUR" in text
    for row in alerts.head(2).iter_rows(named=True):
        assert f"{row['fc']} {row['sku']}" in text
    assert f"and {alerts.height - 2:,} alerts more in the report" in text
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "report.html"
    assert attached.get_payload(decode=True) == (run.path / "report.html").read_bytes()


def test_a_night_is_told_over_http_with_a_link(ran, web_server, monkeypatch):
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", web_server.url())
    next_day(ran)
    run = ran.night("--set", 'notify.link="https://reports.example/{as_of}/{run_id}"')
    (told,) = web_server.taken
    assert told["type"] in ("warning", "success")
    assert f"Report: https://reports.example/2024-06-10/{run.run_id}" in told["message"]
    assert str(run.path) not in told["message"]
    assert told["attachments"] == []
    ran.fillrate("notify", "config.toml", "--run", ran.runs()[1].run_id)
    assert "as of 2024-06-09" in web_server.taken[1]["title"]


def test_people_are_told_that_the_database_lacks_the_night(ran, web_server, monkeypatch):
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", web_server.url())
    monkeypatch.setenv("FILLRATE_OUTPUT_DATABASE_URL", "postgresql://writer:s3cret@127.0.0.1:1/bi")
    ran.night("--set", 'output.database_schema="fillrate"')
    (told,) = web_server.taken
    assert "The database does not have it yet: the database 127.0.0.1:1/bi: it does not answer" in told["message"]
    assert told["type"] == "warning"
    assert "s3cret" not in str(told)


def test_an_attachment_goes_over_http_too(ran, web_server, monkeypatch):
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", web_server.url())
    monkeypatch.setenv("FILLRATE_NOTIFY__ATTACH", "true")
    assert ran.fillrate("notify", "config.toml") == 0
    (attached,) = web_server.taken[0]["attachments"]
    assert base64.b64decode(attached["base64"]) == (ran.latest().path / "report.html").read_bytes()


def test_names_from_data_stay_text_in_mail(ran, mail_server, monkeypatch):
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", mail_server.url() + "&format=html")
    ran.write("stock/2024-06-10.csv", "date,sku,fc,on_hand\n2024-06-09,<img src=x onerror=alert(1)>,N1,5\n2024-06-09,003,N1,\n")
    ran.night()
    html = mail_server.taken[0].get_body(("html",)).get_content()
    assert "<img" not in html


@pytest.mark.parametrize("cause", ["no_inputs", "config"])
def test_a_failed_night_is_told(ran, web_server, monkeypatch, capsys, cause):
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", web_server.url())
    if cause == "config":
        ran.config.write_text(ran.config.read_text().replace("lead_time_days", "leed_time_days"))
        assert ran.call("run", "--direct") == 64
    else:
        ran.write("sales/until-2024-06-11.csv", "day,what\n2024-06-10,4\n")
        assert ran.call("run", "--direct") == 1
    said = capsys.readouterr().err
    (told,) = web_server.taken
    assert told["type"] == "failure"
    assert told["title"].endswith("the night failed, nothing was published")
    message = said.strip().splitlines()[-1].removeprefix("fillrate: ")
    assert message[:60] in told["message"]


def test_a_night_without_a_region_says_which(ran, web_server, monkeypatch):
    for part in (ran.lake / "sales").glob("region=south/**/*.parquet"):
        part.write_bytes(b"damaged")
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", web_server.url())
    ran.night(code=2)
    (told,) = web_server.taken
    assert told["title"].endswith("without 1 region")
    assert "No numbers for south" in told["message"]


def test_runs_of_analysts_tell_nobody(ran, web_server, monkeypatch):
    monkeypatch.setenv("FILLRATE_NOTIFY_URLS", web_server.url())
    ran.night("--region", "south")
    ran.night("--stage", "forecast")
    assert ran.call("run", "--direct", "--json", "--region", "nowhere") == 64
    assert ran.call("run", "--direct", "--json", "--region", "south", "--set", "horizen=3") == 64
    ran.night("--as-of", "2024-06-02")
    ran.fillrate("rerun", "latest", "--json")
    assert web_server.taken == []


def test_an_address_that_fails_changes_nothing_but_is_told_without_its_secret(ran, web_server, fillrate):
    """The night ends with 0, the address that works is told, and the secret is nowhere: not in a stream, not in any file written."""
    web_server.status = 500
    refused = web_server.url(f"{ENCODED}:{ENCODED}@")
    urls = f"{refused} json://{ENCODED}.invalid:1/{ENCODED} nonsense://{ENCODED}@x mailto://{ENCODED}:{ENCODED}@127.0.0.1:1 {ENCODED}"
    next_day(ran)
    for options in (["--direct"], ["--direct", "--json"], ["--direct", "--debug"]):
        ended = fillrate(ran, "run", "config.toml", *options, FILLRATE_NOTIFY_URLS=urls)
        assert ended.code == 0
        assert "address 1 (json://) of FILLRATE_NOTIFY_URLS was not notified" in ended.err
        assert "address 5" in ended.out
        written = [path.read_bytes().decode("latin-1") for path in ran.root.rglob("*") if path.is_file()]
        for text in (ended.out, ended.err, *written):
            assert "s3cr3t" not in text.lower()
    assert "500" in ended.err, "what the server said is told"
    again = fillrate(ran, "notify", "config.toml", FILLRATE_NOTIFY_URLS=urls)
    assert again.code == 1
    assert "s3cr3t" not in (again.out + again.err).lower()
    assert "was not notified" in again.out
    none = fillrate(ran, "notify", "config.toml")
    assert none.code == 64
    assert "FILLRATE_NOTIFY_URLS names no address" in none.err


def test_the_config_takes_no_address_and_no_link_that_cannot_be_filled_in(ran, capsys):
    assert ran.call("run", "--set", f'notify.urls="json://{SECRET}"') == 64
    assert "s3cr3t" not in capsys.readouterr().err
    assert ran.call("run", "--set", 'notify.link="https://x/{run}"') == 64
    assert "{run_id}" in capsys.readouterr().err
    assert ran.call("run", "--set", 'notify.link="https://x/{"') == 64
    assert "braces" in capsys.readouterr().err
