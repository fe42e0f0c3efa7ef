"""Checks on texts that become parts of folders, files and addresses: keys that no export means, and texts without measure."""

import re
from urllib.parse import quote

import dataframely as dy
import polars as pl

from data.contracts import INPUT_TABLES, business_columns
from data.parsing.parsed import Problem

KEYS = ("sku", "fc", "region")
LONGEST_KEY = 200
"""Characters."""
LONGEST_TEXT = 2_000
"""Characters of a name or a reason; marketplaces allow 200 to 500 for a title."""
LONGEST_REGION = 200
"""Bytes of a region's folder in the lake, where each byte beyond letters and digits takes three; file systems take 255 in all."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def broken_texts(frame: pl.DataFrame, table: str) -> list[Problem]:
    """Return the bad rows of text columns, one problem per column and reason."""
    columns = INPUT_TABLES[table].columns()
    problems = []
    for name in business_columns(table):
        if isinstance(columns[name], dy.String):
            problems += _broken(frame[name], name)
    return problems


def _broken(values: pl.Series, name: str) -> list[Problem]:
    longest = LONGEST_KEY if name in KEYS else LONGEST_TEXT
    # Values are many, and distinct ones few: these are looked at singly.
    distinct = values.unique().drop_nulls()
    too_long = distinct.filter(distinct.str.len_chars() > longest)
    problems = [(too_long, "text_too_long", f"at most {longest:,} characters")]
    if name in KEYS:
        controls = distinct.filter(distinct.str.contains(_CONTROL.pattern))
        problems.append((controls, "control_character", "text without line ends, tabs and other control characters"))
    if name == "region":
        unfit = [region for region in distinct.filter(distinct.str.len_bytes() > LONGEST_REGION // 3) if _folder(region) > LONGEST_REGION]
        expected = f"a name of at most {LONGEST_REGION} bytes as part of an address, in which a letter beyond ASCII takes 6 or more"
        problems.append((pl.Series(unfit, dtype=pl.String), "text_too_long", expected))
    return [Problem(reason, name, values.is_in(bad.implode()), expected) for bad, reason, expected in problems if bad.len()]


def _folder(region: str) -> int:
    return len(quote(region, safe=""))
