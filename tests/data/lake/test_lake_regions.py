"""An fc that moves region takes its history along, in one commit per table."""

from datetime import date

import polars as pl

from data.lake import delta

D1, D2 = date(2024, 5, 30), date(2024, 6, 1)


def test_history_moves_with_its_fc(lake, deliver):
    deliver("locations", [("a", "north"), ("b", "north"), ("c", "o'south")])
    deliver("sales", [(day, "1", fc, 3.0) for day in (D1, D2) for fc in "abc"])
    deliver("plan", [(D1, "1", "b", None, 0.9), (D1, "1", None, "north", 1.0)])
    deliver("inbound", [("1", "b", 10.0, D2)])
    before = lake.versions()
    everything = lake.read("sales")
    result = deliver("locations", [("a", "north"), ("b", "o'south"), ("c", "o'south")])
    after = lake.versions()

    assert {table: after[table] - before[table] for table in ("sales", "plan", "inbound")} == {"sales": 1, "plan": 1, "inbound": 1}
    assert [(message.code, message.fc, message.region) for message in result.messages] == [("fc_moved_region", "b", "o'south")]
    assert lake.read("sales").equals(everything)
    assert lake.read("sales", regions=["north"])["fc"].unique().to_list() == ["a"]
    assert sorted(lake.read("sales", regions=["o'south"])["fc"].unique()) == ["b", "c"]
    assert lake.read("plan", regions=["o'south"])["price"].to_list() == [0.9]
    assert lake.read("plan", regions=["north"])["price"].to_list() == [1.0]
    assert lake.read("inbound", regions=["o'south"]).height == 1
    assert lake.read("sales", version=before["sales"], regions=["o'south"])["fc"].unique().to_list() == ["c"]


def test_a_corrected_day_after_the_move_meets_the_history_in_its_new_region(lake, deliver):
    deliver("locations", [("a", "north")])
    deliver("sales", [(D1, "1", "a", 3.0)])
    deliver("locations", [("a", "south")])
    deliver("sales", [(D1, "1", "a", 4.0)], file="fix.csv")
    assert lake.read("sales").select("fc", "units").rows() == [("a", 4)]
    assert lake.regions() == ["south"]


def test_locations_that_come_later_split_the_one_region(lake, deliver):
    deliver("sales", [(D1, "1", fc, 3.0) for fc in "abc"])
    result = deliver("locations", [("a", "north"), ("b", "south")])
    assert lake.regions() == ["all", "north", "south"]
    assert [message.code for message in result.messages] == ["fc_moved_region", "fc_moved_region", "fc_without_region"]
    assert result.messages[-1].fc == "c"


def test_a_move_that_a_killed_run_began_is_finished_before_sales_are_taken_in(lake, deliver):
    """Locations are committed, the run is killed before it has moved the history, and only sales are taken in next."""
    deliver("locations", [("a", "north")])
    deliver("sales", [(D1, "1", "a", 3.0)])
    moved = lake.read("locations").with_columns(region=pl.lit("south"))
    delta.overwrite(lake.root, "locations", moved, None)
    deliver("sales", [(D1, "1", "a", 4.0), (D2, "1", "a", 5.0)], file="next.csv")
    assert lake.read("sales").select("date", "units").rows() == [(D1, 4), (D2, 5)]
    assert lake.regions() == ["south"]
    messages = deliver("locations", [("a", "south")]).messages
    assert [message.code for message in messages] == ["fc_moved_region"]
    assert "from region north to south" in messages[0].message


def test_regions_that_lie_right_are_not_written(lake, deliver):
    deliver("locations", [("a", "north")])
    deliver("sales", [(D1, "1", "a", 3.0)])
    before = lake.versions()
    assert lake.set_regions(lake.read("locations")) == ()
    assert lake.versions() == before
