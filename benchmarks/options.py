"""What several measurements are asked in one way."""

import os
from collections.abc import Callable, Collection
from pathlib import Path

import click


def _writable(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a place that cannot be written to, before anything is measured."""
    if path is not None and not os.access(path.parent, os.W_OK):
        raise click.BadParameter(f"nothing can be written into {path.parent}")
    return path


def chosen_from(
    known: Collection[str],
) -> Callable[[click.Context, click.Parameter, str], tuple[str, ...]]:
    """Take a list of names with commas between; refuse one that is not known, and an empty list."""

    def chosen(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(word for word in value.split(",") if word))
        strangers = ", ".join(sorted(set(names) - set(known)))
        if strangers or not names:
            raise click.BadParameter(f"{strangers or 'nothing'}; known: {', '.join(known)}")
        return names

    return chosen


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
floors = click.option("--floors", is_flag=True, help="End with 1 if a figure misses its floor.")
picture = click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_writable,
    help="Draw it into this file, as SVG.",
)
