"""The same night publishes the same numbers on one thread and on two; under Prefect and on a cluster: tests/flows/nightly."""

import pytest


@pytest.mark.parametrize("threads", [1, 2])
def test_no_number_depends_on_threads(shop, ran, fillrate, same, threads):
    """Of the forecaster, of ordering, and of polars, which takes its number from the environment when it begins."""
    changes = ("--set", f"forecast.threads={threads}", "--set", f"replenishment.threads={threads}")
    ended = fillrate(shop, "run", "config.toml", "--direct", *changes, POLARS_MAX_THREADS=str(threads))
    assert ended.code == 0, ended.err
    assert same(shop.latest(), ran.latest())
