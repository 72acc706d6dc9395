"""Commands that answer wrong usage in one line, for people and scripts that call them often."""

from typing import Any

import click


class WrongUsageError(click.ClickException):
    """Arguments that cannot be used; the message says why."""

    exit_code = 2


class OneLineCommand(click.Command):
    """A command without click's reminder of its usage before what is wrong with it."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the arguments."""
        try:
            return super().make_context(*args, **extra)
        except click.UsageError as error:
            raise WrongUsageError(error.format_message()) from None
