"""Spelling of column names: what counts as the same name."""

import re


def normalised(name: str) -> str:
    """Return a column name as it is compared: without surrounding blanks, without case, words joined by one underscore."""
    return re.sub(r"[\s\-._]+", "_", name.strip().strip("\ufeff").casefold()).strip("_")
