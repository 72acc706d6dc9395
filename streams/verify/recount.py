"""All money of a partition's users, counted once more by docs/money.md, in another way.

The fold keeps every figure up to date with each entry. This keeps rows, settles ties from scratch
over the whole window, and adds the rows up with pandas. It shares no code with the fold, but for
the wording of payees; what transactions are filed as it is told.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from schemas.accounts import AccountUpdated
from schemas.event import Event, UserEvent
from schemas.feedback import FeedbackGiven
from schemas.ids import bucket_of
from schemas.journal import DayPassed, PolicyActivated, UserErased
from schemas.preferences import SettingsChanged
from schemas.transactions import TransactionImported
from streams.verify.recount_figures import Figures, figures_of
from streams.verify.recount_user import Filings, UserRecount

FilingsOf = Callable[[str], Filings]
"""Gives a user's filings, as they are before the entry at hand."""


@dataclass(slots=True)
class Recount:
    """Users of one partition, and what their entries come to so far."""

    filings_of: FilingsOf
    users: dict[str, UserRecount] = field(default_factory=dict)
    _today: dict[int, int] = field(default_factory=dict)
    _by_bucket: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    _paused: frozenset[str] = frozenset()

    def take(self, event: Event) -> str | None:
        """Take the next entry in, before the fold does; gives what an import is."""
        if isinstance(event, DayPassed):
            self._day_passed(event.bucket, event.day.toordinal())
        elif isinstance(event, PolicyActivated):
            self._paused = frozenset(event.policy.paused_providers)
        elif isinstance(event, UserErased):
            self._forget(event.user_id)
        elif isinstance(event, UserEvent):
            return self._of_user(event)
        return None

    def _of_user(self, event: UserEvent) -> str | None:
        if (
            isinstance(event, TransactionImported | AccountUpdated)
            and event.provider in self._paused
        ):
            return "provider_paused"
        user = self._user(event.user_id)
        if isinstance(event, TransactionImported):
            return user.imported(event)
        if isinstance(event, AccountUpdated):
            user.account_updated(event)
        elif isinstance(event, FeedbackGiven):
            user.answered(event)
        elif isinstance(event, SettingsChanged):
            user.settings_changed(event)
        return None

    def _user(self, user_id: str) -> UserRecount:
        if user_id not in self.users:
            bucket = bucket_of(user_id)
            self.users[user_id] = UserRecount(self._today.get(bucket, 0))
            self._by_bucket[bucket].add(user_id)
        return self.users[user_id]

    def _forget(self, user_id: str) -> None:
        self.users.pop(user_id, None)
        self._by_bucket[bucket_of(user_id)].discard(user_id)

    def _day_passed(self, bucket: int, until: int) -> None:
        """Let each day pass since the last; one that is not later than the last changes nothing."""
        last = self._today.get(bucket)
        for day in range(until if last is None else last + 1, until + 1):
            self._today[bucket] = day
            for user_id in self._by_bucket[bucket]:
                user = self.users[user_id]
                if user.will_leave(day):
                    user.settle(self.filings_of(user_id))
                user.day_passed(day)

    def figures(self, user_ids: Iterable[str]) -> dict[str, Figures]:
        """Add up what users' money comes to now; nobody else's is touched."""
        counted = {user_id: self.users.get(user_id) or UserRecount() for user_id in user_ids}
        for user_id, user in counted.items():
            user.settle(self.filings_of(user_id))
        return figures_of(counted)


def recount(entries: Iterable[Event], filings_of: FilingsOf = lambda _: {}) -> dict[str, Figures]:
    """Count the money of all users of a partition, from its entries in order.

    *entries* may be folded while they are iterated over: *filings_of* is asked before the next
    entry is drawn, for what it gives by then.
    """
    counted = Recount(filings_of)
    for event in entries:
        counted.take(event)
    return counted.figures(sorted(counted.users))
