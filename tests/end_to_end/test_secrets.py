"""No secret of the environment is anywhere a night writes or says something, whatever fails; a config takes none."""

import base64
import gzip
import re
import traceback
import zipfile
from datetime import date
from io import BytesIO
from urllib.parse import quote

import polars as pl
import pytest

from data.database.addresses import DatabaseUrls, input_address, output_address
from flows.notify_settings import NotifyAddresses
from flows.settings import ConfigError

SECRET = "hu5h-P@ss/w0rd"
ENCODED = quote(SECRET, safe="")
FORMS = [form.lower() for form in (SECRET, ENCODED, base64.b64encode(SECRET.encode()).decode(), "hu5h")]

PLANTED = {
    "FILLRATE_NOTIFY_URLS": f"json://me:{ENCODED}@127.0.0.1:1/{ENCODED}?token={ENCODED} mailto://me:{ENCODED}@127.0.0.1:1",
    "FILLRATE_DATABASE_URL": f"postgresql://reader:{ENCODED}@127.0.0.1:1/erp",
    "FILLRATE_OUTPUT_DATABASE_URL": f"postgresql://writer:{ENCODED}@127.0.0.1:1/bi?sslpassword={ENCODED}",
    "AWS_ACCESS_KEY_ID": f"id-{SECRET}",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_SESSION_TOKEN": SECRET,
    "AWS_ENDPOINT_URL": f"http://me:{ENCODED}@127.0.0.1:1",
    "AWS_ALLOW_HTTP": "true",
}


def held(text):
    return [form for form in FORMS if form in text.lower()]


def contents(path):
    """Everything a file says, packed or not: tables, workbooks, and what a page holds as gzip in base64."""
    raw = path.read_bytes()
    parts = [raw.decode("latin-1")]
    if path.suffix == ".parquet":
        parts.append(pl.read_parquet(BytesIO(raw)).write_ndjson())
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(BytesIO(raw)) as book:
            parts += [book.read(name).decode("latin-1") for name in book.namelist()]
    elif path.suffix == ".html":
        packed = [base64.b64decode(blob) for blob in re.findall(r"H4sI[A-Za-z0-9+/]{100,}={0,2}", parts[0])]
        parts += [gzip.decompress(blob).decode() for blob in packed]
    return "".join(parts)


def written(shop):
    """Path → contents of every file below the shop but its inputs and config."""
    files = [path for path in shop.root.rglob("*") if path.is_file() and not path.is_relative_to(shop.inputs) and path != shop.config]
    return {path.relative_to(shop.root).as_posix(): contents(path) for path in files}


@pytest.mark.parametrize("log", ["human", "json"])
def test_a_night_on_which_everything_fails_that_has_an_address_says_none_of_it(ran, fillrate, log):
    ran.deliver_sales(date(2024, 6, 10), since=date(2024, 6, 10))
    ran.deliver_stock(date(2024, 6, 10))
    options = ("--direct", "--debug", "--set", 'output.database_schema="fillrate"')
    ended = fillrate(ran, "run", "config.toml", *options, **PLANTED, **({"FILLRATE_LOG__FORMAT": "json"} if log == "json" else {}))
    assert ended.code == 0, ended.err
    assert "was not notified" in ended.err + ended.out
    assert "not written to the database" in ended.err, "both addresses were tried, and failed"
    assert held(ended.out + ended.err) == []
    files = written(ran)
    run = ran.latest().run_id
    for name in ("report.html", "report.xlsx", "recommendations.parquet", "recommendations.csv"):
        assert "Item 003" in files[f"out/runs/{run}/{name}"], "what is packed is looked into"
    assert "database_schema" in files[f"out/runs/{run}/manifest.json"]
    assert {name: held(text) for name, text in files.items() if held(text)} == {}


@pytest.mark.parametrize("change", ['inputs.sales.query="SELECT 1"', 'lake.path="s3://bucket/lake"'])
def test_what_cannot_be_reached_is_told_without_it(ran, fillrate, change):
    unnotified = {name: value for name, value in PLANTED.items() if name != "FILLRATE_NOTIFY_URLS"}
    ended = fillrate(ran, "run", "config.toml", "--direct", "--debug", "--set", change, **unnotified)
    assert ended.code == 1
    assert "127.0.0.1:1" in ended.err, "it says where it could not be reached"
    assert held(ended.out + ended.err) == []
    assert {name: held(text) for name, text in written(ran).items() if held(text)} == {}


@pytest.mark.parametrize("key", ["notify.password", "replenishment.api_token", "aws_secret_access_key", "inputs.sales.password"])
def test_a_config_takes_no_secret_and_does_not_repeat_it(ran, capsys, key):
    change = f'{key}="{SECRET}"'
    assert ran.call("check", "--set", change) == 64
    said = capsys.readouterr().err
    assert f"unknown key '{key}'" in said
    assert held(said) == []
    with pytest.raises(ConfigError) as refused:
        ran.settings(change)
    assert held("".join(traceback.format_exception(refused.value))) == [], "nor does the traceback that --debug shows"


def test_a_variable_that_belongs_to_no_key_is_refused_and_not_repeated(ran, capsys, monkeypatch):
    monkeypatch.setenv("FILLRATE_NOTIFY__PASSWORD", SECRET)
    assert ran.call("check") == 64
    said = capsys.readouterr().err
    assert "notify.password" in said
    assert held(said) == []


def test_no_repr_shows_an_address(monkeypatch, ran):
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    for one in (ran.settings(), DatabaseUrls(), input_address(), output_address(), NotifyAddresses()):
        assert held(f"{one!r} {one}") == []
