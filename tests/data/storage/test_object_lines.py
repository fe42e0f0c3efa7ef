"""A ledger of lines in a store: nothing is lost or told twice, whoever else appends."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from data.line_ledger import append_line, read_lines
from data.storage import place


def test_lines_come_back_in_order(bucket):
    ledger = place(bucket) / "out" / "snoozes.jsonl"
    assert read_lines(ledger) == []
    for number in range(12):
        append_line(ledger, f"line {number}\u2028 of a kind".encode())
    assert read_lines(ledger) == [f"line {number}\u2028 of a kind".encode() for number in range(12)]


def test_many_append_at_once_and_each_sees_all_before_its_own(bucket):
    ledger = place(bucket) / "ledger"

    def append(number):
        seen = []
        append_line(ledger, str(number).encode(), lambda lines: seen.append(list(lines)))
        return number, seen[-1]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(append, range(16)))
    lines = read_lines(ledger)
    assert sorted(map(int, lines)) == list(range(16))
    for number, before in told:
        assert before == lines[: lines.index(str(number).encode())]


def test_what_is_not_allowed_is_not_added(bucket):
    ledger = place(bucket) / "ledger"
    append_line(ledger, b"one")

    def refuse(lines):
        raise ZeroDivisionError(lines)

    with pytest.raises(ZeroDivisionError):
        append_line(ledger, b"two", refuse)
    assert read_lines(ledger) == [b"one"]
