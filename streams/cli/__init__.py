"""The command line: one verb a file, found by name, so that help costs no heavy imports."""

from importlib import import_module
from typing import Any

import click

from streams.errors import MendableError

VERBS = {
    "demo": "streams.cli.demo:demo",
    "down": "streams.cli.down:down",
    "explain": "streams.cli.explain:explain",
    "filing": "streams.cli.filing:filing",
    "generate": "streams.cli.generate:generate",
    "models": "streams.cli.models:models",
    "policy": "streams.cli.policy:policy",
    "schemas": "streams.cli.schemas:schemas",
    "state": "streams.cli.state:state",
    "tail": "streams.cli.tail:tail",
    "topics": "streams.cli.topics:topics",
    "train": "streams.cli.train:train",
    "up": "streams.cli.up:up",
    "verify": "streams.cli.verify:verify",
    "worker": "streams.cli.worker:worker",
}


class Verbs(click.Group):
    """A group that imports a verb when it is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Name the verbs."""
        return sorted(VERBS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one verb."""
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; what a person can mend is told in one line."""
        try:
            return super().invoke(ctx)
        except MendableError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Verbs)
@click.version_option(package_name="penstock")
def main() -> None:
    """Turn bank transactions into categories, alerts, insights and forecasts.

    \b
    Try it:          penstock demo
    Start locally:   penstock up && penstock topics apply --execute && penstock worker
    Settings:        environment variables PENSTOCK_…, listed in the README

    Exit codes: 0 done, 1 failed or what was compared differs, 2 wrong usage or not done.
    """
