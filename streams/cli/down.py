"""`penstock down`: end the Kafka and the Redis that `penstock up` started."""

import json
from pathlib import Path

import click

from streams.stack import StackError
from streams.stack.background import FOLDER, stop


@click.command(epilog="Example: penstock down --wipe")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    help="The folder that `up` was given.  [default: .penstock, beside the code]",
)
@click.option(
    "--wipe", is_flag=True, help="Remove what they hold, their logs and their state, too."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def down(folder: Path, wipe: bool, as_json: bool) -> None:
    """End the Kafka and the Redis that `penstock up` started, and nothing else.

    What they hold is kept for the next `penstock up`.
    """
    try:
        stopped = stop(folder.absolute(), wipe=wipe)
    except StackError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps({"stopped": stopped, "wiped": wipe}))
        return
    click.echo("Kafka and Redis are down." if stopped else "Nothing was up.")
    if wipe:
        click.echo("Their data is gone.")
