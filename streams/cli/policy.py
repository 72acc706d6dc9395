"""`penstock policy`: what is in force for all users, and pausing one provider."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from schemas.journal import Policy
from streams import settings
from streams.cli.detection import detection
from streams.cli.putting import put
from streams.policy_admin import PolicyAdmin, with_changes, with_provider


@click.group()
def policy() -> None:
    """Show the policy in force; set aside what comes of one provider; set what is unusual.

    \b
    Example:  penstock policy show
              penstock policy pause old-bank --execute
              penstock policy detection compare
    """


policy.add_command(detection)


@policy.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(as_json: bool) -> None:
    """Show the policy that all partitions have folded.

    \b
    Example:  penstock policy show --json
    """
    found = asyncio.run(PolicyAdmin(settings.load()).in_force())
    values = json.loads(found.policy.to_json())
    if as_json:
        click.echo(json.dumps({"version": found.version, "policy": values}))
        return
    table = Table("parameter", "value", title=f"Policy {found.version}")
    for name, value in _flat(values):
        table.add_row(name, _shown(value))
    Console().print(table)


def _flat(values: dict[str, Any], before: str = "") -> Iterator[tuple[str, object]]:
    """Give parameters with their names; those of a part behind the part's."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        named = (
            own if isinstance(own, str) else f"{own['sign']} {own['milli']:,}" for own in value
        )
        return ", ".join(named) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


@policy.command()
@click.argument("provider")
@click.option("--execute", is_flag=True, help="Do it; without this, it is only said.")
def pause(provider: str, execute: bool) -> None:
    """Set aside transactions and accounts of PROVIDER from here on, in the dead letters.

    Nothing of them is lost: each waits in journal.dlq with the code provider_paused.

    \b
    Example:  penstock policy pause old-bank --execute
    """
    asyncio.run(_change(provider, paused=True, execute=execute))


@policy.command()
@click.argument("provider")
@click.option("--execute", is_flag=True, help="Do it; without this, it is only said.")
def resume(provider: str, execute: bool) -> None:
    """Take PROVIDER's transactions and accounts in again; what was set aside stays where it is.

    \b
    Example:  penstock policy resume old-bank --execute
    """
    asyncio.run(_change(provider, paused=False, execute=execute))


@policy.command()
@click.argument("wanted", type=click.Choice(["on", "off"]))
@click.option("--execute", is_flag=True, help="Do it; without this, it is only said.")
def learning(wanted: str, execute: bool) -> None:
    """Let categories come of what was learned, or with `off` of what is given alone, for all users.

    With `off`, a user's own filing rules, providers' hints and the dictionary are left.

    \b
    Example:  penstock policy learning off --execute
    """
    asyncio.run(_switch(is_on=wanted == "on", execute=execute))


async def _change(provider: str, *, paused: bool, execute: bool) -> None:
    def change(known: Policy) -> Policy:
        return with_provider(known, provider, paused=paused)

    await put(change, provider, "paused" if paused else "taken in", execute=execute)


async def _switch(*, is_on: bool, execute: bool) -> None:
    def change(known: Policy) -> Policy:
        return with_changes(known, learned_categories=is_on)

    await put(change, "learning of categories", "on" if is_on else "off", execute=execute)
