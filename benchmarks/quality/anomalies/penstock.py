"""Penstock's own detectors, as the users of one partition live with them: `detect` as it stands."""

import time
from collections.abc import Sequence
from datetime import date

import msgspec

from benchmarks.quality.anomalies.card_events import CURRENCY, confirmed, imported
from benchmarks.quality.anomalies.contender import Contender, Scored
from benchmarks.quality.anomalies.payments import Payment
from processors.detect import detect
from processors.ledger import activate
from processors.state.book import Change, Draft
from processors.state.customary import UNIT
from processors.state.entry import Entry
from processors.state.notes import Assessed, Note, Surprise
from processors.state.shared import Shared
from processors.state.transaction import Transaction, identity_of
from processors.state.user import User
from processors.state.view import View
from schemas.event import Event
from schemas.ids import BUCKETS
from schemas.journal import DayPassed, KnownPayment, LessonsTaught, SeenPayment, Taught
from schemas.taxonomy import LEAVES

_TAUGHT_AT_ONCE = 100
"""So much is told before all users learn of it, about as in a busy worker."""
_LEAVES = tuple(name for name, leaf in LEAVES.items() if leaf.kind == "spending")
_EPOCH = date(1970, 1, 1).toordinal()


class PenstockAnomalies(Contender):
    """Surprise decides who is told; the episode finds the rest, and ranks."""

    name = "penstock"
    decides = True
    spent_ns = 0

    def __init__(self) -> None:
        self._shared = Shared()
        self._users: dict[str, User] = {}
        self._taught: list[Taught] = []
        self._leaves: dict[str, str] = {}

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        """Let days pass as they do, and fold each payment."""
        return [self._take(payment) for payment in payments]

    def _take(self, payment: Payment) -> Scored:
        today = payment.day + _EPOCH - 1
        if today > max(self._shared.newest_day, _EPOCH - 1):
            self._pass_day(today)
        user = self._users.get(payment.user)
        if user is None:
            user = self._users[payment.user] = User(payment.user)
        draft = Draft(user.book)
        draft.put(_posted(payment, self._leaf_of(payment.category)))
        notes = self._detect(user, imported(payment), draft.commit())
        return _scored(notes)

    def _detect(self, user: User, event: Event, changes: tuple[Change, ...] = ()) -> list[Note]:
        view = View(Entry(event, "", 0), changes, user, self._shared, self._shared.newest_day)
        began = time.process_time_ns()
        notes = detect(user.detect, view)
        self.spent_ns += time.process_time_ns() - began
        self._taught += [note for note in notes if isinstance(note, SeenPayment | KnownPayment)]
        if len(self._taught) >= _TAUGHT_AT_ONCE:
            self._teach()
        return notes

    def _leaf_of(self, category: str) -> str:
        """Let a leaf stand for a category of the stream, in the order in which they come."""
        if category not in self._leaves:
            self._leaves[category] = _LEAVES[len(self._leaves) % len(_LEAVES)]
        return self._leaves[category]

    def _pass_day(self, today: int) -> None:
        for bucket in range(BUCKETS):
            self._shared.pass_day(bucket, today)
        passed = DayPassed(bucket=0, day=date.fromordinal(today))
        for user in self._users.values():
            user.book.pass_day(today)
            user.book.weeks.changed.clear()
            self._detect(user, passed)

    def _teach(self) -> None:
        taught, self._taught = LessonsTaught.of(self._taught), []
        began = time.process_time_ns()
        activate(self._shared, Entry(taught, "", 0))
        self.spent_ns += time.process_time_ns() - began

    def hear(self, payment: Payment, *, is_fraud: bool) -> None:
        """Let the user speak of a fraud; of the rest nobody says anything."""
        if is_fraud:
            self._detect(self._users[payment.user], confirmed(payment))

    def state_bytes(self) -> float:
        """Give the bytes of a user, on average; what users share is theirs together."""
        sizes = [len(msgspec.msgpack.encode(user.detect.hot)) for user in self._users.values()]
        return sum(sizes) / len(sizes)


def _posted(payment: Payment, category: str) -> Transaction:
    """Give a payment as it stands in the book once it was filed as its bank has it."""
    number = str(payment.number)
    return Transaction(
        identity=identity_of(payment.user, number),
        account_id=payment.user,
        transaction_id=number,
        amount_minor=payment.amount_minor,
        currency=CURRENCY,
        booked_on=payment.day + _EPOCH,
        status="posted",
        kind="card",
        merchant=payment.merchant,
        merchant_key=payment.merchant,
        category=category,
    )


def _scored(notes: Sequence[Note]) -> Scored:
    for note in notes:
        if isinstance(note, Assessed):
            told = [one for one in notes if isinstance(one, Surprise) and not one.goes_on]
            return Scored(note.surprise_milli / UNIT, note.episode_milli / UNIT, bool(told))
    return Scored(0.0, 0.0)
