"""The tables of `penstock explain`: a transaction's story, for people."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streams.cli.state_tables import money
from streams.explain.differences import Difference
from streams.explain.moved import Moved
from streams.explain.story import Moment, Story

_OTHERS_MAX = 8
_MEMBERS = {"amount_minor": "amount in minor units", "filing": "filed as"}
_CLOSED = "It left the window: its money, its ties and its category stay as they are for good."


def show_story(console: Console, story: Story) -> None:
    """Print each moment of the story, then how the transaction stands and was last published."""
    for moment in story.moments:
        _moment(console, moment)
    name = f"{story.name.account_id} {story.name.transaction_id}"
    now = story.standing
    if now is None:
        has_left = any(moment.left_window for moment in story.moments)
        where = "has left the window" if has_left else "was named, but never seen"
        console.print(f"{name} {where}.", markup=False)
    else:
        counts = "counts" if now["counts"] else f"does not count: it is {now['gone']}"
        console.print(f"{name} {counts}, as {now['category']}.", markup=False)
    if story.view is not None:
        reason = story.view["reason"]["sentence"]
        revision = story.view["revision"]
        console.print(f"Last published as revision {revision}. {reason}", markup=False)


def _moment(console: Console, moment: Moment) -> None:
    kind = ".".join(moment.event.split(".")[1:-1])
    verdict = " ".join(filter(None, [moment.verdict, moment.code]))
    head = f"[bold]{moment.recorded_at}[/] {kind} [cyan]{verdict}[/]  entry {moment.offset}"
    console.print(head, highlight=False)
    console.print(f"  {_came(moment.came)}", markup=False, highlight=False)
    if moment.left_window:
        console.print(f"  {_CLOSED}")
    table = Table("what", "before", "after")
    for change in moment.differences:
        table.add_row(*_row(change))
    for other in moment.others[:_OTHERS_MAX]:
        for change in other.differences:
            table.add_row(*_row(change, f"{other.name.transaction_id}: "))
    for own in moment.moved:
        table.add_row(*_figure(own))
    if table.rows:
        console.print(table)
    if len(moment.others) > _OTHERS_MAX:
        console.print(f"  and {len(moment.others) - _OTHERS_MAX} others changed with it")
    if moment.unclear_with:
        names = ", ".join(own.transaction_id for own in moment.unclear_with)
        console.print(f"  Nothing tells whether it belongs to: {names}", markup=False)


def _came(came: dict[str, Any]) -> str:
    """Say in a line what an entry held."""
    words = [came[member] for member in ("status", "day", "booked_on") if member in came]
    if "amount_minor" in came:
        words.append(money(came["amount_minor"], came["currency"]))
    if "revision" in came:
        words.append(f"revision {came['revision']}")
    about = came.get("about", {})
    words += [about[member] for member in ("kind", "verdict", "category") if member in about]
    return ", ".join(map(str, [*words, *filter(None, [came.get("description")])]))


def _row(change: Difference, of: str = "") -> tuple[str, str, str]:
    what = _MEMBERS.get(change.member, change.member.replace("_", " "))
    return escape(f"{of}{what}"), _value(change.before), _value(change.after)


def _value(value: Any) -> str:
    """Word what a member was: a list of roles, a tie, a filing, or something plain."""
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict):
        words = (value.get(name) for name in ("transaction_id", "category", "level", "because"))
        return escape(": ".join(filter(None, words)))
    return "" if value is None else escape(str(value))


def _figure(own: Moved) -> tuple[str, str, str]:
    kind, place, currency, of, measure = own.figure
    what = " ".join(filter(None, [kind, place, of, measure.removesuffix("_minor")]))
    if not measure.endswith("_minor"):
        return escape(what), f"{own.before:,}", f"{own.after:,}"
    return escape(what), money(own.before, currency), money(own.after, currency)
