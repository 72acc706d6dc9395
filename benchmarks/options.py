"""What several measurements are asked in one way."""

import os
from pathlib import Path

import click


def _writable(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a place that cannot be written to, before anything is measured."""
    if path is not None and not os.access(path.parent, os.W_OK):
        raise click.BadParameter(f"nothing can be written into {path.parent}")
    return path


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
floors = click.option("--floors", is_flag=True, help="End with 1 if a figure misses its floor.")
picture = click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_writable,
    help="Draw it into this file, as SVG.",
)
