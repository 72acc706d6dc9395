"""What a rule is: a specification that machines can read, and a function that judges a view."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from processors.state.notes import Note
from processors.state.quieted import ABOUT_NOTHING, Meaning
from processors.state.view import View
from schemas.alerts import Evidence, Severity
from schemas.arguments import Argument
from schemas.event import Event
from schemas.journal import Policy

Category = Literal["spending", "balance", "security", "bills", "income", "plan"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure of a rule that users may choose, with its range."""

    default: int
    least: int
    most: int
    meaning: str
    policy: str | None = None
    """The policy's member that replaces the default, where there is one."""

    def usual(self, policy: Policy) -> int:
        """Give the value for users who chose none."""
        return self.default if self.policy is None else int(getattr(policy, self.policy))


@dataclass(frozen=True, slots=True)
class Words:
    """What an alert says: typed arguments, a default text, and the evidence."""

    args: dict[str, Argument]
    title: str
    body: str
    evidence: Evidence
    link: str


@dataclass(frozen=True, slots=True)
class Holds:
    """A condition that holds, keyed by its meaning; an alert is open for as long as it does."""

    key: str
    window: str
    severity: Severity
    expires: int
    """The last day on which the alert is worth delivering."""
    kept_until: int | None
    """The last day on which the condition may end; None for one that is watched until it does."""
    words: Callable[[], Words]
    """Asked only when something is published: most conditions were told before."""
    about: Meaning = ABOUT_NOTHING
    """What an answer to the alert is taken to mean; left out, it means this alert only."""
    quiet_hours_ok: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A condition that is over, or that turned out never to have been."""

    key: str
    how: Literal["resolved", "retracted"]


Judgement = Holds | Ended


class Heard(NamedTuple):
    """What rules may listen to, found once for all of them: few entries concern any."""

    event: type[Event]
    notes: frozenset[type[Note]]
    changes: bool
    former: bool

    @classmethod
    def of(cls, view: View) -> "Heard":
        """Find it in a view."""
        changes = view.changes
        notes = frozenset([type(note) for note in view.notes])
        former = [change for change in changes if change.of_former]
        return cls(type(view.entry.event), notes, bool(changes), bool(former))


@dataclass(frozen=True, slots=True)
class Rule:
    """An alert rule: its specification, what it listens to, and how it judges."""

    id: str
    version: int
    category: Category
    trigger: str
    repeats: str
    judge: Callable[[View, Mapping[str, int]], Iterable[Judgement]]
    notes: tuple[type[Note], ...] = ()
    events: tuple[type[Event], ...] = ()
    changes: bool = False
    """Any change of a transaction."""
    former: bool = False
    """Any change of a transaction that was known before, if under another id."""
    parameters: dict[str, Parameter] = field(default_factory=dict)

    def listens(self, heard: Heard) -> bool:
        """Say whether anything of an entry concerns this rule."""
        if (self.changes and heard.changes) or (self.former and heard.former):
            return True
        return heard.event in self.events or not heard.notes.isdisjoint(self.notes)

    def chosen(self, choices: Mapping[str, int], policy: Policy) -> dict[str, int]:
        """Give each parameter's value: the user's choice within its range, else the default."""
        return {
            name: min(max(choices.get(name, own.usual(policy)), own.least), own.most)
            for name, own in self.parameters.items()
        }
