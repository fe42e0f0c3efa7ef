"""How far a query has been read: kept as text without loss, and never later than what was read."""

from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.settings import TableInput
from data.sources.watermark import Mark, comparable, less, literal, question

MOMENTS = st.datetimes(min_value=datetime.fromisoformat("1990-01-01"), max_value=datetime.fromisoformat("2100-01-01"))


@given(asked=st.text(), moment=MOMENTS)
def test_a_mark_is_kept_without_loss(asked, moment):
    mark = Mark(asked, moment.isoformat())
    assert Mark.from_text(mark.as_text()) == mark


@given(moment=MOMENTS, days=st.integers(0, 365), hours=st.integers(-12, 14))
def test_a_reading_begins_the_overlap_before_the_mark_in_whatever_zone(moment, days, hours):
    zoned = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    begin = datetime.fromisoformat(less(comparable(zoned).isoformat(), days))
    assert moment - begin == timedelta(days=days)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (pa.date32(), "DATE '2024-06-01'"),
        (pa.timestamp("us"), "TIMESTAMP '2024-06-01T20:00:00.000001'"),
        (pa.timestamp("us", "UTC"), "TIMESTAMPTZ '2024-06-01T20:00:00.000001+00:00'"),
    ],
)
def test_a_watermark_in_sql(kind, written):
    assert literal(kind, "2024-06-01T20:00:00.000001") == written
    assert comparable(date(2024, 6, 1)) == datetime.fromisoformat("2024-06-01")


def test_another_query_watermark_or_mapping_is_another_question():
    config = TableInput(query="SELECT 1", watermark="changed")
    asked = question(config, {"date": "day", "sku": "item"})
    assert asked == question(config, {"sku": "item", "date": "day"})
    assert asked == question(config.model_copy(update={"overlap_days": 9}), {"date": "day", "sku": "item"})
    others = [
        question(config.model_copy(update={"query": "SELECT 2"}), {"date": "day", "sku": "item"}),
        question(config.model_copy(update={"watermark": "seen"}), {"date": "day", "sku": "item"}),
        question(config, {"date": "day", "sku": "article"}),
    ]
    assert len({asked, *others}) == 4
