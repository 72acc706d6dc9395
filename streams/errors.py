"""The kind of error that a person can mend; the command line tells it in one line."""


class MendableError(Exception):
    """Something outside of the code is not as it should be, and the message says what to do."""
