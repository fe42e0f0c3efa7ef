"""Errors of the data room, each told to the person who can mend it."""

import errno

FULL = (errno.ENOSPC, errno.EDQUOT)


class InputError(Exception):
    """Input that cannot be used at all. Its text says where, what was found, what was expected and how to mend it."""


def disk_is_full(error: BaseException) -> bool:
    """Return whether an error says that there is no room left, in Python's words or in those of a library."""
    return getattr(error, "errno", None) in FULL or "No space left on device" in str(error) or "Disk quota exceeded" in str(error)
