"""One user's state, folded from the journal in memory with every output muted."""

from collections.abc import Iterable, Iterator
from datetime import date

from processors.ledger import Folded, activate, fold, pass_days
from processors.state.entry import Entry
from processors.state.shared import LONG_AGO, Shared
from processors.state.user import User
from processors.state.verdict import Verdict
from schemas.event import UserEvent
from schemas.ids import bucket_of
from schemas.journal import DayPassed
from schemas.refusals import Refusal
from streams.codecs import GONE, changed_parts, decode_user
from streams.errors import MendableError
from streams.journal import entry_of
from streams.protocols import Parts, Record


class ExplainError(MendableError):
    """What happened to a user cannot be told, and why."""


class Sandbox:
    """A user as the real fold makes them, and the parts that were stored before the last entry."""

    def __init__(self, user_id: str) -> None:
        self.user = User(user_id)
        self.shared = Shared()
        self._stored: Parts = {}

    @property
    def today(self) -> int:
        """Give the user's today."""
        return self.shared.today(self.user.user_id)

    def heard(self, records: Iterable[Record]) -> Iterator[tuple[Record, Entry]]:
        """Pick out what can change anything of this user's; others' records are not decoded."""
        key = self.user.user_id.encode()
        for record in records:
            if record.key is not None and record.key != key:
                continue
            entry = entry_of(record)
            # What nobody could read has changed nothing, and cannot tell whom it was about.
            if not isinstance(entry, Refusal) and self.concerns(entry):
                yield record, entry

    def concerns(self, entry: Entry) -> bool:
        """Say whether an entry can change anything of this user's."""
        event = entry.event
        # Days of all buckets: how long an artifact is tried is told by the newest of them.
        return not isinstance(event, UserEvent) or event.user_id == self.user.user_id

    def _is_of_others(self, day: DayPassed) -> bool:
        return day.bucket != bucket_of(self.user.user_id)

    def steps(self, entry: Entry) -> Iterator[Entry]:
        """Divide a jump over days into its days, as the fold does, so that each can be told."""
        event = entry.event
        if not isinstance(event, DayPassed) or self._is_of_others(event):
            yield entry
            return
        until = event.day.toordinal()
        first = until if self.today == LONG_AGO else self.today + 1
        for day in range(first, until + 1):
            passed = DayPassed(bucket=event.bucket, day=date.fromordinal(day))
            yield entry._replace(event=passed)

    def fold(self, entry: Entry) -> Folded:
        """Fold an entry; until `save`, what stood before it can still be read."""
        if isinstance(entry.event, UserEvent):
            return fold(self.user, self.shared, entry)
        if isinstance(entry.event, DayPassed):
            # As in the store: for whom nothing is stored, no day passes.
            is_met = self._stored and not self._is_of_others(entry.event)
            users = {self.user.user_id: self.user} if is_met else {}
            passed = pass_days(users, self.shared, entry)
            return passed[0][1] if passed else Folded((), Verdict.UNUSED)
        return Folded((), activate(self.shared, entry))

    def fold_again(self, record: Record, entry: Entry) -> Folded:
        """Fold what was folded before; ExplainError where this build cannot."""
        try:
            return self.fold(entry)
        except Exception as error:
            raise ExplainError(
                f"entry {record.offset} was folded before and cannot be now; run the build that did"
            ) from error

    def before(self) -> User:
        """Give the user as they were before what was folded since the last `save`."""
        return decode_user(self.user.user_id, self._stored)

    def save(self) -> None:
        """Keep what changed, as the store would."""
        self._stored |= changed_parts(self.user, self._stored)
        self._stored = {name: part for name, part in self._stored.items() if part != GONE}
        self.user.saved()
        self.shared.saved()
