"""Putting another policy in force, or only saying so."""

from collections.abc import Callable

import click

from schemas.journal import Policy
from streams import settings
from streams.policy_admin import PolicyAdmin


async def put(
    change: Callable[[Policy], Policy], subject: str, state: str, *, execute: bool
) -> None:
    """Put a policy in force in which the subject has a state, unless it has it already."""
    admin = PolicyAdmin(settings.load())
    known = (await admin.in_force()).policy
    changed = change(known)
    if changed == known:
        click.echo(f"{subject} is {state} already.")
    elif not execute:
        click.echo(f"{subject} would be {state} from here on. Add --execute to do it.")
    else:
        version = await admin.activate(changed)
        click.echo(f"{subject} is {state} from here on, by policy {version}.")
