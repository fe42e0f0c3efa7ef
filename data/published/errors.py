"""What publishing says when a run cannot be written or found."""


class PublishError(Exception):
    """A run that cannot be published or read; the message says what was found and how to mend it."""
