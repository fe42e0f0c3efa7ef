"""The ledger of openings: what it keeps, what it refuses, and what it says when it is damaged."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from flows.backtest.openings import (
    LedgerDamaged,
    Opening,
    WindowLocked,
    already_opened,
    open_once,
    openings,
    record,
)
from flows.past.digest import settings_digest

Maker = Callable[..., Opening]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
OPENINGS = st.builds(
    Opening,
    opened_at=st.datetimes(timezones=st.just(UTC)),
    config_digest=TEXTS.filter(bool),
    code_version=TEXTS,
    name=TEXTS,
    window=TEXTS,
    origins=st.lists(st.dates(), min_size=1, max_size=4).map(tuple),
    run_id=TEXTS,
    reason=st.none() | TEXTS.filter(str.strip),
)


@settings(deadline=None)  # every line waits for the disk
@given(written=st.lists(OPENINGS, max_size=5))
def test_whatever_the_texts_the_ledger_gives_back_what_was_recorded(written: list[Opening], tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("ledger") / "backtests" / "openings.jsonl"
    for opening in written:
        record(path, opening)
    assert openings(path) == written
    if written:
        assert [json.loads(line)["run_id"] for line in path.read_bytes().split(b"\n")[:-1]] == [opening.run_id for opening in written]


def test_without_a_ledger_nothing_was_opened(tmp_path: Path) -> None:
    assert openings(tmp_path / "openings.jsonl") == []


def test_a_window_opens_once_per_configuration(tmp_path: Path, an_opening: Maker) -> None:
    path = tmp_path / "openings.jsonl"
    open_once(path, an_opening(0))
    open_once(path, an_opening(1))  # another configuration
    with pytest.raises(WindowLocked) as refused:
        open_once(path, an_opening(0, run_id="later", opened_at=datetime(2024, 7, 1, tzinfo=UTC)))
    said = str(refused.value)
    for part in ("'June'", "5 origins from 2024-05-05 to 2024-06-02", "'fresh'", "2024-06-20 10:22 UTC", "backtest-2024-06-20-a1b2c3"):
        assert part in said
    assert "--reopen" in said
    assert [opening.run_id for opening in openings(path)] == ["backtest-2024-06-20-a1b2c3", "backtest-2024-06-21-a1b2c3"]


def test_a_reason_opens_it_again_and_is_kept(tmp_path: Path, an_opening: Maker) -> None:
    path = tmp_path / "openings.jsonl"
    open_once(path, an_opening(0))
    open_once(path, an_opening(0, run_id="again", reason="a leak was mended"))
    assert openings(path)[-1].reason == "a leak was mended"
    with pytest.raises(ValidationError, match="say why"):
        an_opening(0, reason="  ")


def test_one_origin_in_common_counts_and_the_latest_opening_is_named(an_opening: Maker) -> None:
    first = an_opening(0, origins=(date(2024, 5, 1), date(2024, 5, 8)))
    second = an_opening(0, origins=(date(2024, 5, 8), date(2024, 5, 15)), opened_at=datetime(2024, 8, 1, tzinfo=UTC))
    digest = first.config_digest
    assert already_opened([second, first], digest, [date(2024, 5, 8), date(2024, 9, 1)]) == second
    assert already_opened([second, first], digest, [date(2024, 5, 1)]) == first
    assert already_opened([second, first], digest, [date(2024, 5, 2)]) is None
    assert already_opened([second, first], "another", [date(2024, 5, 8)]) is None


@pytest.mark.parametrize("kept", [1, 40, -2, -1])
def test_a_torn_last_line_is_told_and_nothing_is_added_behind_it(kept: int, tmp_path: Path, an_opening: Maker) -> None:
    path = tmp_path / "openings.jsonl"
    record(path, an_opening(0))
    whole = path.read_bytes()
    record(path, an_opening(1))
    torn = whole + path.read_bytes()[len(whole) :][:kept]
    path.write_bytes(torn)
    for look in (lambda: openings(path), lambda: record(path, an_opening(2)), lambda: open_once(path, an_opening(2))):
        with pytest.raises(LedgerDamaged, match=re.escape(f"line 2 of {path} is torn")):
            look()
    assert path.read_bytes() == torn


def test_a_line_that_is_no_opening_is_named(tmp_path: Path, an_opening: Maker) -> None:
    path = tmp_path / "openings.jsonl"
    record(path, an_opening(0))
    path.write_bytes(path.read_bytes() + b'{"opened_at": "yesterday"}\n')
    with pytest.raises(LedgerDamaged, match=r"line 2 of .* is not an opening: opened_at"):
        openings(path)


def test_of_backtests_started_together_one_gets_in(tmp_path: Path, an_opening: Maker) -> None:
    path = tmp_path / "backtests" / "openings.jsonl"
    begin = Barrier(8)

    def enter(number: int) -> str:
        begin.wait()
        try:
            open_once(path, an_opening(0, run_id=f"run-{number}"))
        except WindowLocked:
            return "locked"
        return "opened"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(enter, range(8)))
    assert outcomes == ["locked"] * 7 + ["opened"]
    assert len(openings(path)) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(settings=st.dictionaries(TEXTS, JSON, max_size=5), data=st.data())
def test_the_digest_knows_values_not_the_order_of_keys(settings: dict[str, Any], data: st.DataObject) -> None:
    shuffled = dict(data.draw(st.permutations(list(settings.items()))))
    assert settings_digest(shuffled) == settings_digest(json.loads(json.dumps(settings)))
    assert settings_digest({**settings, "horizon": [7]}) != settings_digest({**settings, "horizon": [14]})


def test_the_digest_of_known_settings_stays_as_it_is() -> None:
    """SHA-256 of the canonical text, as any other tool computes it; a ledger of years ago must still be understood."""
    expected = "08ddd4da59c751f695c979ffc241d64d1a13be64591a5f14964ee7c64789ca23"
    settings = {"horizon": 14, "inputs": {"path": Path("data/fresh")}, "from": date(2024, 5, 5), "name": "Söhne"}
    assert settings_digest(settings) == expected


def test_the_digest_refuses_what_has_no_canonical_form() -> None:
    with pytest.raises(TypeError, match="model_dump"):
        settings_digest({"levels": {1, 2}})
    with pytest.raises(ValueError, match="JSON compliant"):
        settings_digest({"level": float("nan")})
