"""The story of one transaction: every entry of the journal that named it or changed it.

Only one user is folded, by the real fold. Entries of others are recognised by their key, which
costs no decoding; what all users share is folded with it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from processors.ledger import Folded
from processors.state.entry import Entry
from processors.state.shared import Shared
from processors.state.transaction import Transaction, identity_of
from processors.state.user import User
from processors.state.verdict import Verdict
from schemas.event import Event, UserEvent
from schemas.feedback import AboutCategory, AboutFraud, AboutTransfer, FeedbackGiven
from schemas.journal import DayPassed, UserErased
from schemas.refusals import Refusal
from schemas.transactions import TransactionEnriched, TransactionImported
from streams.explain.differences import Difference, Name, differences, told_of, unclear_with
from streams.explain.moved import Moved, moved, within_window
from streams.explain.sandbox import Sandbox
from streams.protocols import Record

REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Other:
    """Another transaction that changed with it."""

    name: Name
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry, what became of it, and all that it changed."""

    offset: int
    recorded_at: str
    entry_id: str
    event: str
    came: dict[str, Any]
    verdict: str
    code: str = ""
    """Why it was refused."""
    left_window: bool = False
    """From here on it is closed: its money, its ties and its category stay for good."""
    differences: list[Difference] = field(default_factory=list)
    unclear_with: list[Name] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)


class Story:
    """What the journal tells of one transaction, as far as it has been heard."""

    def __init__(self, user_id: str, name: Name, skipped: Mapping[int, Refusal]) -> None:
        self.name = name
        self.moments: list[Moment] = []
        self.view: dict[str, Any] | None = None
        """What was last published of it."""
        self.knows_user = False
        self._identity = identity_of(*name)
        self._skipped = skipped
        self._sandbox = Sandbox(user_id)

    @property
    def shared(self) -> Shared:
        """Give what the fold of this user shares."""
        return self._sandbox.shared

    @property
    def standing(self) -> dict[str, Any] | None:
        """Say how it stands; None where it never was, or has left the window."""
        own = self._find()
        return None if own is None else {"counts": own.counts, **told_of(own)}

    def as_json(self) -> dict[str, Any]:
        """Give the whole story as one JSON object."""
        return {
            "user_id": self._sandbox.user.user_id,
            **self.name._asdict(),
            "moments": [_plain(moment) for moment in self.moments],
            "standing": self.standing,
            "view": self.view,
        }

    def hear(self, records: Iterable[Record]) -> None:
        """Go on with the next records of the partition; ExplainError where the fold fails."""
        for record, entry in self._sandbox.heard(records):
            self.knows_user |= isinstance(entry.event, UserEvent)
            if (refusal := self._skipped.get(record.offset)) is not None:
                if self._is_named_by(entry.event):
                    self.moments.append(_moment(record, entry, refusal))
                continue
            for step in self._sandbox.steps(entry):
                self._fold(record, step)

    def _fold(self, record: Record, entry: Entry) -> None:
        before = self._find()
        folded = self._sandbox.fold_again(record, entry)
        if isinstance(entry.event, UserErased):
            # Who asked to be forgotten is not told of any more.
            self.moments, self.view, self.knows_user = [], None, False
        elif before != self._find() or self._is_named_by(entry.event):
            self.moments.append(self._told(record, entry, folded, before))
        self._sandbox.save()

    def _told(
        self, record: Record, entry: Entry, folded: Folded, before: Transaction | None
    ) -> Moment:
        user_before, user, after = self._sandbox.before(), self._sandbox.user, self._find()
        left_window = before is not None and after is None
        views = {
            Name(event.account_id, event.transaction_id): event
            for event in folded.events
            if isinstance(event, TransactionEnriched)
        }
        if (own_view := views.pop(self.name, None)) is not None:
            self.view = json.loads(own_view.to_json())
        figures = moved(user_before, user)
        if isinstance(entry.event, DayPassed):
            figures = within_window(figures, self._sandbox.today)
        return _moment(
            record,
            entry,
            folded.verdict,
            left_window=left_window,
            differences=[] if left_window else differences(before, after),
            unclear_with=[] if after is None else unclear_with(user, after),
            others=[_other(name, user_before, user) for name in views],
            moved=figures,
        )

    def _find(self) -> Transaction | None:
        return self._sandbox.user.book.find(self._identity)

    def _is_named_by(self, event: Event) -> bool:
        return self.name in _named_by(event)


def _plain(moment: Moment) -> dict[str, Any]:
    others = [
        {**other.name._asdict(), "differences": [asdict(own) for own in other.differences]}
        for other in moment.others
    ]
    return asdict(moment) | {
        "unclear_with": [name._asdict() for name in moment.unclear_with],
        "others": others,
        "moved": [
            {**own.figure._asdict(), "before": own.before, "after": own.after}
            for own in moment.moved
        ],
    }


def _named_by(event: Event) -> set[Name]:
    if isinstance(event, TransactionImported):
        return {Name(event.account_id, event.transaction_id)}
    about = event.about if isinstance(event, FeedbackGiven) else None
    names = set()
    if isinstance(about, AboutCategory | AboutFraud | AboutTransfer):
        names.add(Name(about.account_id, about.transaction_id))
    if isinstance(about, AboutTransfer):
        names.add(Name(about.other_account_id, about.other_transaction_id))
    return names


def _other(name: Name, before: User, after: User) -> Other:
    identity = identity_of(*name)
    return Other(name, differences(before.book.find(identity), after.book.find(identity)))


def _moment(record: Record, entry: Entry, verdict: Verdict | Refusal, **changed: Any) -> Moment:
    return Moment(
        offset=record.offset,
        recorded_at=entry.recorded_at,
        entry_id=entry.id,
        event=entry.event.ce_type,
        came=json.loads(entry.event.to_json()),
        verdict=verdict.value if isinstance(verdict, Verdict) else REFUSED,
        code=verdict.code.value if isinstance(verdict, Refusal) else "",
        **changed,
    )
