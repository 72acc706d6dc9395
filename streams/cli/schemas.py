"""`penstock schemas`: the generated contract, checked against what is committed, or written."""

import json
from pathlib import Path

import click

from schemas.compatibility import contract_problems
from schemas.documents import documents
from schemas.documents.json_schemas import json_schema_of
from schemas.topics import EVENT_OF_TYPE
from streams.readme import with_settings

CHECKOUT = Path(__file__).parents[2]
README = CHECKOUT / "README.md"
GOLDEN = Path("tests", "contract", "golden")
# Only files of this name are ever removed, whatever folder is given.
_GENERATED = "schemas/penstock.*.json"

_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group(epilog="Example: penstock schemas check && penstock schemas export --out public")
def schemas() -> None:
    """Check or write the event schemas and the documents that are made from them."""


@schemas.command(epilog="Example: penstock schemas check --json")
@click.option(
    "--docs",
    type=click.Path(file_okay=False, path_type=Path),
    default=CHECKOUT / "docs",
    help="The folder to compare with.  [default: docs of the checkout]",
)
@_as_json
def check(docs: Path, as_json: bool) -> None:
    """Compare the documents with the code, and the code with its published promises.

    Exit code 0: all agree. 1: something differs, and each thing is listed.
    """
    files = _differences(docs)
    promises = _promise_problems()
    if as_json:
        click.echo(json.dumps({"files": files, "promises": promises}))
    else:
        for name, state in files.items():
            click.echo(f"{name}: {state}; run: penstock schemas export")
        for problem in promises:
            click.echo(problem)
        if not files and not promises:
            click.echo(f"{len(documents())} files and {len(EVENT_OF_TYPE)} event types agree.")
    if files or promises:
        raise SystemExit(1)


@schemas.command(epilog="Example: penstock schemas export --out public")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=CHECKOUT / "docs",
    help="The folder to write to.  [default: docs of the checkout]",
)
@_as_json
def export(out: Path, as_json: bool) -> None:
    """Write the documents, remove schemas of events that are gone, and say what changed.

    With the default folder, the README's table of settings is written anew, too.
    """
    files = _differences(out)
    texts = documents()
    for name in files:
        path = out / name
        if name in texts:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[name], encoding="utf-8")
        else:
            path.unlink()
    if out == CHECKOUT / "docs":
        README.write_text(with_settings(README.read_text("utf-8")), "utf-8")
    if as_json:
        click.echo(json.dumps({"files": files}))
        return
    for name, state in files.items():
        click.echo(f"{name}: was {state}")
    click.echo(f"{len(files)} of {len(texts)} files changed.")


def _differences(folder: Path) -> dict[str, str]:
    """Name each file that is not as the code would have it, and how it stands now."""
    texts = documents()
    states = {}
    for name, text in texts.items():
        path = folder / name
        if not path.is_file():
            states[name] = "missing"
        elif path.read_bytes() != text.encode():
            states[name] = "different"
    there = {path.relative_to(folder).as_posix() for path in folder.glob(_GENERATED)}
    return states | dict.fromkeys(sorted(there - texts.keys()), "of no event")


def _promise_problems() -> list[str]:
    golden = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((CHECKOUT / GOLDEN).glob("*/schema.json"))
    }
    today = {ce_type: json_schema_of(event) for ce_type, event in EVENT_OF_TYPE.items()}
    changelog = CHECKOUT / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8") if changelog.is_file() else ""
    return contract_problems(golden, today, text)
