"""Reading what changed since the last night: nothing lost, nothing doubled, whatever came late and whenever a run was killed."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from data.intake import ask, intake_of
from data.lake import Lake
from data.lake.days import take_days
from data.lake.layout import LAYOUTS
from data.lake.ledger import read_ledger
from flows.settings import load_settings
from flows.stages.ingest import ingest

TODAY = date(2024, 7, 1)
ORDERS = "CREATE TABLE orders (line serial PRIMARY KEY, day date, sku text, fc text, units int, changed timestamptz NOT NULL)"
QUERY = "SELECT day AS date, sku, fc, units, changed FROM orders"
CONFIG = """\
name = "orders"
[inputs]
path = "."
[inputs.sales]
query = "{query}"
{more}
[lake]
path = "{lake}"
[output]
path = "out"
"""


@pytest.fixture
def settings_for(tmp_path):
    """Settings of a config that reads sales by a query into a lake of the given name."""

    def made(lake, more='watermark = "changed"', query=QUERY):
        path = tmp_path / f"{lake}.toml"
        path.write_text(CONFIG.format(query=query, more=more, lake=tmp_path / lake))
        return load_settings(path)

    return made


@pytest.fixture
def night():
    """Take sales in; return what was read (None for nothing) and what it changed."""

    def run(settings):
        lake = Lake(settings.lake)
        before = lake.known_files("sales")
        taken = ingest(settings, "sales", TODAY)
        news = {name for name, sha in lake.known_files("sales").items() if before.get(name) != sha}
        return news, taken

    return run


def sales(settings):
    return Lake(settings.lake).read("sales").drop("source_file", "source_line")


def warnings_of(settings):
    return [message.code for message in Lake(settings.lake).messages() if message.severity != "info"]


@pytest.fixture
def orders(database):
    """Twenty days of order lines, several of one sku and day, each changed in the evening of its day."""
    database.execute(
        ORDERS,
        "INSERT INTO orders (day, sku, fc, units, changed) SELECT d, 'S' || s, 'F' || f, 1 + (s + f + extract(day FROM d)::int) % 4, "
        "d + interval '20 hours' FROM generate_series('2024-06-01'::timestamp, '2024-06-20', '1 day') d, "
        "generate_series(1, 3) s, generate_series(1, 2) f, generate_series(1, 2) line",
    )
    return database


def test_a_night_reads_the_days_that_changed_and_those_of_the_overlap(orders, settings_for, night):
    settings = settings_for("lake", 'watermark = "changed"\noverlap_days = 2')
    names, first = night(settings)
    assert names == {"query of sales"}
    assert first.rows_added == 20 * 6
    orders.execute(
        "UPDATE orders SET units = 9, changed = '2024-06-21 03:00+00' WHERE line = (SELECT min(line) FROM orders WHERE day = '2024-06-05')"
    )
    known = Lake(settings.lake)
    answer = ask(settings.inputs, "sales", known.known_mark("sales"))
    assert answer.frame["date"].unique().sort().to_list() == [date(2024, 6, 5), date(2024, 6, 18), date(2024, 6, 19), date(2024, 6, 20)]
    assert answer.frame.height == 4 * 12  # every line of those days, or the others of the day would be lost
    names, second = night(settings)
    assert names == {"query of sales since 2024-06-18 20:00:00"}
    assert (second.rows_added, second.rows_replaced) == (0, 3)  # the three items of the fc whose day differs
    day = sales(settings).filter(date=date(2024, 6, 5))
    assert day.height == 6
    assert sales(settings).equals(sales(whole(settings_for, night)))


def whole(settings_for, night, name="whole"):
    """A lake of its own that reads all."""
    settings = settings_for(name, "")
    night(settings)
    return settings


def test_nothing_new_changes_nothing(orders, settings_for, night):
    settings = settings_for("lake")
    night(settings)
    night(settings)  # reads the overlap, under a name of its own
    before = Lake(settings.lake).versions()
    for _ in range(2):
        assert night(settings)[0] == set()
    assert Lake(settings.lake).versions() == before
    assert warnings_of(settings) == []


def test_rows_committed_late_are_caught_within_the_overlap_and_only_there(orders, settings_for, night):
    settings = settings_for("lake", 'watermark = "changed"\noverlap_days = 3')
    night(settings)
    late = "INSERT INTO orders (day, sku, fc, units, changed) VALUES ('{}', 'L', 'F1', 5, '{}')"
    orders.execute(late.format("2024-06-02", "2024-06-18 20:00+00"), late.format("2024-06-03", "2024-06-10 20:00+00"))
    night(settings)
    taken = sales(settings).filter(sku="L")
    assert taken["date"].to_list() == [date(2024, 6, 2)]
    # Another question, if only by a comment, reads all of it again.
    night(settings_for("lake", 'watermark = "changed"', query=f"{QUERY} /* again */"))
    assert sales(settings).filter(sku="L")["date"].to_list() == [date(2024, 6, 2), date(2024, 6, 3)]


def test_a_watermark_in_the_future_does_not_hide_what_comes(orders, settings_for, night):
    settings = settings_for("lake", 'watermark = "changed"\noverlap_days = 0')
    orders.execute("UPDATE orders SET changed = '2999-01-01' WHERE line = 1")
    night(settings)
    orders.execute("INSERT INTO orders (day, sku, fc, units, changed) VALUES ('2024-06-21', 'N', 'F1', 7, now())")
    night(settings)
    assert sales(settings).filter(sku="N")["units"].to_list() == [7.0]


def test_rows_without_a_watermark_are_read_every_night(orders, settings_for, night):
    settings = settings_for("lake", 'watermark = "changed"\noverlap_days = 0')
    night(settings)
    orders.execute(
        "ALTER TABLE orders ALTER changed DROP NOT NULL", "INSERT INTO orders (day, sku, fc, units) VALUES ('2024-06-04', 'N', 'F1', 7)"
    )
    night(settings)
    assert sales(settings).equals(sales(whole(settings_for, night)))


def test_a_day_held_back_is_read_again_until_it_is_believed(orders, settings_for, night):
    settings = settings_for("lake", 'watermark = "changed"\noverlap_days = 0')
    night(settings)
    orders.execute("UPDATE orders SET units = 0, changed = '2024-06-21' WHERE day = '2024-06-05' AND fc = 'F1'")
    night(settings)
    assert sales(settings).filter(date=date(2024, 6, 5), fc="F1")["units"].sum() > 0
    assert warnings_of(settings) == ["day_shrank"]
    orders.execute("INSERT INTO orders (day, sku, fc, units, changed) VALUES ('2024-06-25', 'N', 'F2', 7, '2024-06-26')")
    night(settings)
    assert sales(settings).filter(date=date(2024, 6, 5), fc="F1")["units"].sum() == 0
    assert warnings_of(settings) == []


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz", "date"])
def test_every_kind_of_watermark(orders, settings_for, night, kind):
    orders.execute(f"ALTER TABLE orders ALTER changed TYPE {kind}")
    settings = settings_for("lake", 'watermark = "changed"\noverlap_days = 1')
    night(settings)
    orders.execute("UPDATE orders SET units = units + 1, changed = '2024-06-21' WHERE day = '2024-06-02' AND sku = 'S1'")
    names, _ = night(settings)
    assert names == {f"query of sales since 2024-06-19 {'00' if kind == 'date' else '20'}:00:00"}
    assert sales(settings).equals(sales(whole(settings_for, night)))


def test_changes_merged_by_key_have_all_lines_of_their_key(orders, settings_for, night):
    """One of two lines of a sku and day changes: their sum is merged, not the one line."""
    settings = settings_for("lake", 'watermark = "changed"\noverlap_days = 0\ndelivery = "changes"')
    night(settings)
    orders.execute("UPDATE orders SET units = 50, changed = '2024-06-21' WHERE line = 1")
    _, taken = night(settings)
    assert taken.rows_replaced > 0
    assert sales(settings).equals(sales(whole(settings_for, night)))
    assert sales(settings)["units"].max() > 50


@pytest.mark.parametrize(
    ("query", "watermark", "said"),
    [
        (QUERY, "chnged", 'Nearest: "changed"'),
        (QUERY, "units", "is of type int4; a timestamp or a date was expected"),
        ("SELECT day::text AS date, sku, fc, units, changed FROM orders", "changed", "Let the query make it a date: date::date."),
    ],
)
def test_a_watermark_that_cannot_be_one_is_told(orders, settings_for, query, watermark, said):
    with pytest.raises(Exception, match="query of sales: ") as caught:
        ingest(settings_for("lake", f'watermark = "{watermark}"', query), "sales", TODAY)
    assert said in str(caught.value)


def test_killed_between_the_data_and_its_record_loses_and_doubles_nothing(orders, settings_for, night):
    """The rows are committed, the run dies before it notes how far it has read, and the database goes on changing."""
    settings = settings_for("lake", 'watermark = "changed"\noverlap_days = 1')
    night(settings)
    lake = Lake(settings.lake)
    orders.execute("UPDATE orders SET units = units + 1, changed = '2024-06-21' WHERE day = '2024-06-03'")
    read = intake_of(settings.inputs, ask(settings.inputs, "sales", lake.known_mark("sales")), today=TODAY, fcs=None)
    take_days(
        lake.root,
        LAYOUTS["sales"],
        read.frame,
        delivery="whole_days",
        regions={},
        ledger=read_ledger(lake.root, "sales"),
        files={file.name: file.sha256 for file in read.files},
    )
    orders.execute("UPDATE orders SET units = units + 1, changed = '2024-06-22' WHERE day IN ('2024-06-03', '2024-06-04') AND sku = 'S1'")
    night(settings)
    assert sales(settings).equals(sales(whole(settings_for, night)))
    assert '"newest": "2024-06-22T00:00:00"' in str(lake.known_mark("sales"))


def test_thirty_nights_of_changes_end_like_one_reading_of_all(orders, settings_for, night):
    """Random nights: new days, corrected lines, lines removed from changed days, lines that commit late; whole days and several fcs."""
    rng = np.random.default_rng(5)
    settings = settings_for("lake", 'watermark = "changed"\noverlap_days = 2')
    now = datetime(2024, 6, 21, tzinfo=UTC)
    for _ in range(30):
        night(settings)
        now += timedelta(hours=float(rng.uniform(4, 30)))
        day = date(2024, 6, 1) + timedelta(days=int(rng.integers(0, 20)))
        late = now - timedelta(hours=float(rng.uniform(0, 40)))
        line = int(rng.integers(1, 240))
        change = rng.choice(["insert", "update", "remove", "nothing"])
        if change == "insert":
            orders.execute(
                f"INSERT INTO orders (day, sku, fc, units, changed) VALUES ('{day}', 'S{rng.integers(1, 6)}', 'F1', 2, '{late}')"
            )
        elif change == "update":
            orders.execute(f"UPDATE orders SET units = units + 1, changed = '{now}' WHERE line = {line}")
        elif change == "remove":
            orders.execute(
                f"UPDATE orders SET changed = '{now}' WHERE day = (SELECT day FROM orders WHERE line = {line})",
                f"DELETE FROM orders WHERE line = {line} AND units < 3",
            )
    night(settings)
    assert sales(settings).equals(sales(whole(settings_for, night)))
    assert len(Lake(settings.lake).known_files("sales")) > 5, "the nights read all each time: the test shows nothing"
