"""`penstock worker`: take in, fold and publish, until told to stop."""

import click

from streams import logs, settings
from streams.app import run


@click.command()
def worker() -> None:
    """Take in what producers send, fold the journal, publish events.

    Ctrl-C or SIGTERM finishes the cycle that runs and leaves the group. As many workers as the
    journal has partitions share the work. Ends with 70 if it cannot make progress: start it again.

    \b
    Example:  PENSTOCK_KAFKA=127.0.0.1:9092 PENSTOCK_REDIS=redis://127.0.0.1:6379/0 penstock worker
    """
    loaded = settings.load()
    logs.configure(loaded)
    run(loaded)
