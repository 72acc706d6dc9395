"""Why a measurement ends that would not be worth its figures."""

import click


class RefusedError(click.ClickException):
    """Nothing is told, and one line says why."""

    exit_code = 2


class NoDataError(RefusedError):
    """There is nothing to measure with; the message says what is missing."""


class UnreadableError(RefusedError):
    """A line holds what cannot be read; the message says which, and what."""


class LeakError(RefusedError):
    """An answer changed with what it could not know; its figures are worth nothing."""


class UnfitAnswerError(RefusedError):
    """A contender answered with something else than it is asked for."""
