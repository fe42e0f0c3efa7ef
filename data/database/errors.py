"""What a database, or the way to it, makes impossible."""

LOST = ("08", "53", "57")
"""Classes of SQLSTATE that say that the server went away, or has no room."""


class DatabaseError(Exception):
    """A database that cannot be reached or will not do what was asked; the message says which and how to mend it, and holds no secret.

    `state` is the server's SQLSTATE, None where it has not answered.
    """

    def __init__(self, message: str, state: str | None = None) -> None:
        super().__init__(message)
        self.state = state

    @property
    def of_connection(self) -> bool:
        """Whether the server is not to be reached or cannot go on, rather than that something is wrong with a statement."""
        return self.state is None or self.state.startswith(LOST)
