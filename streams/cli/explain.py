"""`penstock explain`: how one transaction came to be what it is."""

import asyncio
import json

import click
from rich.console import Console

from streams import settings
from streams.cli.progress import progress
from streams.cli.story_tables import show_story
from streams.explain.differences import Name
from streams.explain.reading import read_story
from streams.explain.story import Story
from streams.looking import journal_partitions, open_log
from streams.names import Names


@click.command()
@click.argument("user")
@click.argument("account")
@click.argument("transaction")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def explain(user: str, account: str, transaction: str, as_json: bool) -> None:
    """Tell the story of one TRANSACTION on an ACCOUNT of USER, from the journal.

    For each entry that named it or changed it: what came and when, what was decided, what changed
    of it and of others with it, and which figures the entry moved. The user's entries are folded
    once more, in memory alone, by the very fold that made the state; so a long journal takes a
    while. Ends with 1 where the journal knows no such user or transaction.

    \b
    Examples:  penstock explain household-007 household-007-current t-31
               penstock explain household-007 household-007-current t-31 --json
    """
    story = asyncio.run(_read(user, Name(account, transaction)))
    if as_json:
        click.echo(json.dumps(story.as_json()))
    else:
        show_story(Console(), story)


async def _read(user_id: str, name: Name) -> Story:
    loaded = settings.load()
    names, partitions = Names(loaded.topic_prefix), await journal_partitions(loaded)
    with progress("offsets", None, transient=True) as bar:
        async with open_log(loaded) as log:
            return await read_story(log, names, partitions, user_id, name, bar.reach)
