"""What the lake says when it cannot do what was asked."""


class LakeError(Exception):
    """A request the lake cannot serve; the message says what was asked, what was found and how to mend it."""
