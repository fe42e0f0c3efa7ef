"""What a database, or the way to it, makes impossible."""


class DatabaseError(Exception):
    """A database that cannot be reached or will not do what was asked; the message says which and how to mend it, and holds no secret.

    `state` is the server's SQLSTATE, None where it has not answered.
    """

    def __init__(self, message: str, state: str | None = None) -> None:
        super().__init__(message)
        self.state = state
