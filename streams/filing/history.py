"""A user's whole history as rules would have seen it: texts as imported, and how each stands."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from processors.state.entry import Entry
from processors.state.filing_rules import Payment
from processors.state.shared import Shared
from processors.state.transaction import Transaction, identity_of
from processors.state.verdict import Verdict
from schemas.event import UserEvent
from schemas.journal import UserErased
from schemas.preferences import Preferences
from schemas.refusals import Refusal
from schemas.transactions import TransactionEnriched, TransactionImported
from streams.explain.sandbox import Sandbox
from streams.protocols import Record

_TAKEN_OVER = frozenset({Verdict.NEW, Verdict.CORRECTED})


@dataclass(slots=True)
class Past:
    """A transaction as it stood when it last changed, and what rules look at of it."""

    own: Transaction
    payment: Payment
    words: str
    """The bank's text, for people."""


@dataclass
class History:
    """What the journal tells of one user's transactions, as far as it has been heard."""

    user_id: str
    skipped: Mapping[int, Refusal]
    knows_user: bool = False
    _past: dict[int, Past] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sandbox = Sandbox(self.user_id)

    @property
    def shared(self) -> Shared:
        """Give what the fold of this user shares."""
        return self._sandbox.shared

    @property
    def preferences(self) -> Preferences:
        """Give what the user prefers now."""
        return self._sandbox.user.preferences.cold.read()

    def counting(self) -> list[Past]:
        """List all that counts, by day and name, whether or not it has left the window."""
        return sorted(
            (past for past in self._past.values() if past.own.counts),
            key=lambda past: (past.own.booked_on, past.own.account_id, past.own.transaction_id),
        )

    def hear(self, records: Iterable[Record]) -> None:
        """Go on with the next records of the partition; ExplainError where the fold fails."""
        for record, entry in self._sandbox.heard(records):
            self.knows_user |= isinstance(entry.event, UserEvent)
            if record.offset in self.skipped:
                continue
            for step in self._sandbox.steps(entry):
                self._fold(record, step)

    def _fold(self, record: Record, entry: Entry) -> None:
        folded = self._sandbox.fold_again(record, entry)
        event = entry.event
        if isinstance(event, UserErased):
            # Who asked to be forgotten is not told of any more.
            self._past, self.knows_user = {}, False
        elif isinstance(event, TransactionImported) and folded.verdict in _TAKEN_OVER:
            self._take_over(event)
        for own in self._changed(folded.events):
            if (past := self._past.get(own.identity)) is not None:
                past.own = own
        self._sandbox.save()

    def _take_over(self, event: TransactionImported) -> None:
        own = self._find(event)
        if own is not None:
            payment = Payment.imported(own, event)
            self._past[own.identity] = Past(own, payment, " ".join(event.description.split()))

    def _changed(self, events: tuple[UserEvent, ...]) -> Iterator[Transaction]:
        for event in events:
            if isinstance(event, TransactionEnriched) and (own := self._find(event)) is not None:
                yield own

    def _find(self, event: TransactionImported | TransactionEnriched) -> Transaction | None:
        identity = identity_of(event.account_id, event.transaction_id)
        return self._sandbox.user.book.find(identity)
