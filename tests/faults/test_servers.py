"""Nights that lose their database or their object store under way, or are killed while they write there."""

import pytest

from scripts.faults.ground import night
from scripts.faults.matrix import Fault, undergo
from scripts.faults.servers import DATABASE_MOMENTS, STORE_MOMENTS, database_kinds, ground_in_store, undergo_in_store

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("moment", DATABASE_MOMENTS)
def test_a_night_killed_while_it_writes_to_a_database_heals(ground, tmp_path, postgres_server, moment):
    verdict = undergo(ground, Fault("killed at a database", moment), tmp_path / "shop", database_kinds(postgres_server))
    assert verdict.harmless, verdict


def test_a_night_whose_database_stops_is_published_and_written_later(ground, tmp_path, postgres_server):
    verdict = undergo(ground, Fault("database lost", DATABASE_MOMENTS[2]), tmp_path / "shop", database_kinds(postgres_server))
    assert verdict.harmless, verdict


@pytest.fixture(scope="module")
def store_ground(ground, tmp_path_factory, object_store_server):
    return ground_in_store(ground, tmp_path_factory.mktemp("store") / "shop", object_store_server)


def test_a_night_killed_at_a_store_heals(store_ground, tmp_path, object_store_server):
    """At the other moments, and without their store, nights are disturbed by `make faults`: each takes a minute."""
    verdict = undergo_in_store(store_ground, Fault("killed at a store", STORE_MOMENTS[4]), tmp_path / "shop", object_store_server)
    assert verdict.harmless, verdict


def test_what_a_database_lacks_or_holds_twice_is_seen(ground, tmp_path, postgres_server):
    """The comparison with the files can fail."""
    from scripts.faults import servers

    shop = ground.shop(tmp_path / "shop")
    seen = []

    def strike(shop, _):
        assert night(shop).code == 0
        (name,) = postgres_server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'shop_%'")[0]
        postgres_server.execute(f"DELETE FROM {servers.SCHEMA}.alerts", database=str(name))
        seen.append(servers._not_as_in_the_files(postgres_server, str(name), shop))
        return []

    servers._with_database(postgres_server, strike, ground, shop, "")
    assert len(seen[0]) == 1
    assert seen[0][0].startswith("alerts in the database holds []")
