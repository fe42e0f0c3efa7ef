"""Any sequence of deliveries leaves what a plain dictionary, following the rules one by one, would hold."""

import tempfile
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.lake import Lake
from data.settings import LakeSettings

START = date(2024, 5, 29)  # the days below cross a month
Day = tuple[date, str]
Content = dict[str, float]

one_delivery = st.tuples(
    st.sampled_from(["whole_days", "changes"]),
    st.dictionaries(
        st.tuples(st.integers(0, 4), st.sampled_from("ab"), st.sampled_from("123")),
        st.integers(0, 3).map(float),
        min_size=1,
        max_size=12,
    ),
)


def by_the_rules(kept: dict[Day, Content], held: dict[Day, Content], mode: str, delivered: dict[Day, Content]) -> None:
    for day, content in delivered.items():
        before = kept.get(day, {})
        if mode == "changes":
            kept[day] = before | content
            held.pop(day, None)
            continue
        shrinks = 2 * len(content) < len(before) or 2 * sum(content.values()) < sum(before.values())
        if shrinks and held.get(day) != content:
            held[day] = content
        else:
            kept[day] = content
            held.pop(day, None)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(one_delivery, min_size=1, max_size=5))
def test_deliveries_agree_with_a_dictionary(deliver, sequence):
    with tempfile.TemporaryDirectory() as folder:
        deliver.lake = Lake(LakeSettings(path=folder))
        deliver("locations", [("a", "north"), ("b", "south")])
        kept: dict[Day, Content] = {}
        held: dict[Day, Content] = {}
        for number, (mode, cells) in enumerate(sequence):
            rows = [(START + timedelta(days=day), sku, fc, amount) for (day, fc, sku), amount in cells.items()]
            delivered: dict[Day, Content] = {}
            for day, sku, fc, amount in rows:
                delivered.setdefault((day, fc), {})[sku] = amount
            result = deliver("sales", rows, file=f"{number}.csv", delivery=mode)
            by_the_rules(kept, held, mode, delivered)
            assert result.days_held_back == len(held)
        found = deliver.lake.read("sales").select("date", "fc", "sku", "units").rows()
        assert sorted(found) == sorted((*day, sku, amount) for day, content in kept.items() for sku, amount in content.items())
