"""`penstock policy`: what is in force for all users, and pausing one provider."""

import asyncio
import json

import click
from rich.console import Console
from rich.table import Table

from streams import settings
from streams.policy_admin import InForce, PolicyAdmin, with_provider


@click.group()
def policy() -> None:
    """Show the policy in force; set aside what comes of one provider.

    \b
    Example:  penstock policy show
              penstock policy pause old-bank --execute
    """


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
    for name, value in values.items():
        shown = ", ".join(value) or "none" if isinstance(value, list) else f"{value:,}"
        table.add_row(name, shown)
    Console().print(table)


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


async def _change(provider: str, *, paused: bool, execute: bool) -> None:
    admin = PolicyAdmin(settings.load())
    found: InForce = await admin.in_force()
    changed = with_provider(found.policy, provider, paused=paused)
    state = "paused" if paused else "taken in"
    if changed == found.policy:
        click.echo(f"{provider} is {state} already.")
    elif not execute:
        click.echo(f"{provider} would be {state} from here on. Add --execute to do it.")
    else:
        version = await admin.activate(changed)
        click.echo(f"{provider} is {state} from here on, by policy {version}.")
