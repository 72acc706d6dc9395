"""Drive the fold as the engine does: users decoded on demand, saved as the parts that changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from processors.ledger import Folded, activate, fold, pass_days
from processors.state.entry import Entry
from processors.state.shared import Shared
from processors.state.user import User
from processors.state.verdict import Verdict
from schemas.event import Event, UserEvent
from schemas.ids import bucket_of
from schemas.journal import DayPassed, LessonsTaught
from schemas.publishing import attributes_of
from schemas.refusals import Refusal
from streams.codecs import (
    GONE,
    changed_parts,
    decode_shared,
    decode_user,
    every_part,
    shared_rows,
)
from streams.protocols import Parts
from tests.tiny_artifacts import BOTH

FIRST_RECORDED_MS = 1_735_689_600_000
SECOND_MS = 1_000


def with_lessons(events: Iterable[Event]) -> list[Event]:
    """Give a history as a journal holds it: with all that its users teach each other."""
    return Partition().fold_all(events).journal


@dataclass(frozen=True, slots=True)
class Published:
    """An event of ours as it travels: its bytes, and its attributes beside them."""

    event: UserEvent
    attributes: dict[str, str]

    @property
    def wire(self) -> tuple[bytes, tuple[tuple[str, str], ...]]:
        """Give everything a reader sees."""
        return self.event.to_json(), tuple(sorted(self.attributes.items()))


@dataclass
class Partition:
    """The users of one partition: what the store holds, what the cache holds, what was said."""

    stored: dict[str, Parts] = field(default_factory=dict)
    rows: Parts = field(default_factory=dict)
    published: list[Published] = field(default_factory=list)
    verdicts: list[Verdict | Refusal] = field(default_factory=list)
    shared: Shared = field(default_factory=Shared)
    cached: dict[str, User] = field(default_factory=dict)
    journal: list[Event] = field(default_factory=list)
    """All that was folded, and so the lessons, too, that users taught each other."""
    teaches: bool = True
    """Not where a journal is folded once more, in which the lessons stand already."""

    def fold(self, event: Event) -> list[UserEvent]:
        """Fold one event as the next entry, and give what is published because of it."""
        entry = self.next_entry(event)
        self.journal.append(event)
        results = self._fold(entry)
        told = [one for folded in results for one in folded.events]
        self.published += [
            Published(one, attributes_of(one, entry.id, entry.recorded_at)) for one in told
        ]
        self._teach(results)
        return told

    def next_entry(self, event: Event) -> Entry:
        """Give the entry that an event would be if it came now."""
        number = len(self.journal)
        return Entry(event, f"entry-{number}", FIRST_RECORDED_MS + number * SECOND_MS)

    def _teach(self, results: list[Folded]) -> None:
        """Let everybody learn at once what comes back from the journal in a worker."""
        taught = [one for folded in results for one in folded.taught]
        if taught and self.teaches:
            self.fold(LessonsTaught.of(taught))

    def fold_all(self, events: Iterable[Event]) -> Self:
        """Fold a history as one batch that is saved at its end."""
        for event in events:
            self.fold(event)
        self.save()
        return self

    def _fold(self, entry: Entry) -> list[Folded]:
        self.shared.artifacts = BOTH
        event = entry.event
        if isinstance(event, UserEvent):
            folded = [fold(self.user(event.user_id), self.shared, entry)]
            self.verdicts.append(folded[0].verdict)
        elif isinstance(event, DayPassed):
            names = sorted({*self.stored, *self.cached})
            users = {name: self.user(name) for name in names if bucket_of(name) == event.bucket}
            folded = [one for _, one in pass_days(users, self.shared, entry)]
        else:
            folded = [Folded((), activate(self.shared, entry))]
        return folded

    def user(self, user_id: str) -> User:
        """Give a user from the cache, or else from the store; a new one where there is none."""
        if user_id not in self.cached:
            self.cached[user_id] = decode_user(user_id, self.stored.get(user_id, {}))
        return self.cached[user_id]

    def save(self) -> None:
        """Write what is marked as changed, and only that."""
        for user_id, user in self.cached.items():
            before = self.stored.pop(user_id, {})
            parts = {**before, **changed_parts(user, before)}
            if kept := {name: part for name, part in parts.items() if part != GONE}:
                self.stored[user_id] = kept
            user.saved()
        rows = {**self.rows, **shared_rows(self.shared)}
        self.rows = {name: row for name, row in rows.items() if row != GONE}
        self.shared.saved()

    def forget(self) -> None:
        """Save, and then lose everything that stands in memory alone."""
        self.save()
        self.cached.clear()
        self.shared = decode_shared(self.rows)

    @property
    def state(self) -> dict[str, Parts]:
        """Give every part of every user that has content, marked as changed or not."""
        names = sorted({*self.stored, *self.cached})
        whole = {name: every_part(self.user(name)) for name in names}
        return {name: parts for name, parts in whole.items() if parts}

    @property
    def wire(self) -> list[tuple[bytes, tuple[tuple[str, str], ...]]]:
        """Give everything that readers see, in order."""
        return [one.wire for one in self.published]
