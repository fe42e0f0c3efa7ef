"""Errors of the data room, each told to the person who can mend it."""


class InputError(Exception):
    """Input that cannot be used at all. Its text says where, what was found, what was expected and how to mend it."""
