"""How a measurement ends that would not be worth its figures."""

import click


class Refusal(click.ClickException):
    """Nothing is told, and one line says why."""

    exit_code = 2
