"""An artifact's card as a page: what it was made of, how good it is, and for whom."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.artifact import WHOLE

Card = Mapping[str, Any]


def markdown(card: Card, sha256: str) -> str:
    """Write a card for people, in Markdown."""
    judged = card["out_of_time"]
    sections = (
        _heading(card, sha256),
        _warnings(card["warnings"]),
        _figures(judged),
        _outcomes(judged["thresholds"]),
        _table("By label", judged["by_label"]),
        *([_table("By group", judged["by_group"])] if judged["by_group"] else []),
        _table("Calibration", judged["calibration"]),
        _named_rows("What it leans on", "feature", judged["importance"]),
        _named_rows("New and known", "examples of", judged["novelty"]),
        *(_segments(name, own) for name, own in judged["segments"].items()),
        _plan(card),
        _data(card["data"]),
    )
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def _heading(card: Card, sha256: str) -> Iterator[str]:
    data = card["data"]
    yield f"# {card['model']} {card['version']}"
    yield ""
    yield f"SHA-256 `{sha256}`."
    yield (
        f"Learned from {data['examples']:,} labelled transactions of {data['users']:,} users at "
        f"{data['merchants']:,} merchants, {data['from']} to {data['until']}, with "
        f"{len(data['labels'])} labels."
    )


def _warnings(warnings: Sequence[Mapping[str, str]]) -> Iterator[str]:
    yield "## Warnings about the data"
    yield ""
    for own in warnings:
        period = f"{own['period']}: " if own["period"] else ""
        yield f"- `{own['code']}` {period}{own['sentence']}"
    if not warnings:
        yield "None."


def _figures(judged: Mapping[str, Any]) -> Iterator[str]:
    yield "## How good it is"
    yield ""
    yield (
        f"Judged by what came after: fitted to all before {judged['from']}, asked about "
        f"{judged['from']} to {judged['until']}. Then all was fitted."
    )
    yield ""
    yield from _rows(("figure", "value"), judged["overall"].items())
    splits = ", ".join(f"{own:.4f}" for own in judged["accuracy_by_split"])
    yield ""
    yield f"Accuracy in one period after another: {splits}."


def _outcomes(chosen: Mapping[str, float]) -> Iterator[str]:
    yield "## What its confidence would do alone"
    yield ""
    file_from, suggest_from = (chosen[own] / WHOLE for own in ("file", "suggest"))
    yield f"File from {file_from:.3f} on, suggest from {suggest_from:.3f}."
    yield ""
    shares = {name: own for name, own in chosen.items() if name not in {"file", "suggest"}}
    yield from _rows(("outcome", "share"), shares.items())


def _segments(name: str, own: Mapping[str, Any]) -> Iterator[str]:
    yield from _named_rows(f"Users by {name}", f"third by {own['ranked_by']}", own["thirds"])
    yield ""
    yield (
        f"Apart at most: share filed (demographic parity) {own['demographic_parity_difference']}, "
        f"share of one label {own['label_parity_difference']}, hits or false alarms of one label "
        f"(equalised odds) {own['equalised_odds_difference']}."
    )


def _plan(card: Card) -> Iterator[str]:
    yield "## Choices"
    yield ""
    yield from _rows(("choice", "value"), card["plan"].items())
    yield ""
    yield from _records(card["tried"])


def _data(data: Mapping[str, Any]) -> Iterator[str]:
    yield "## Data"
    yield ""
    yield from _rows(("month", "examples"), data["months"].items())
    yield ""
    yield from _rows(("label", "examples"), data["labels"].items())


def _table(title: str, records: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield from _records(records)


def _named_rows(title: str, name: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield from _table(title, [{name: own, **figures} for own, figures in rows.items()])


def _records(records: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if records:
        yield from _rows(tuple(records[0]), (tuple(own.values()) for own in records))


def _rows(heading: Sequence[str], rows: Any) -> Iterator[str]:
    yield f"| {' | '.join(own.replace('_', ' ') for own in heading)} |"
    yield f"|{'---|' * len(heading)}"
    for row in rows:
        yield f"| {' | '.join(_cell(own) for own in row)} |"


def _cell(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).replace("|", "\\|").replace("\n", " ")
