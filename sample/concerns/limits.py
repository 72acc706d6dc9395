"""Where people set bounds, to a balance or to what they spend, and when life crosses them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sample.bookings import Booking
from sample.household import Household
from schemas.preferences import Budget

WORRYING_MINOR = 10_000
"""Under this balance people worry who never said what would worry them."""

_KEPT_DAYS = 92
"""After so many days from its beginning a feed has told all of a month."""


@dataclass(slots=True)
class _Spent:
    """What a budget's subject took in a month."""

    posted_minor: int = 0
    untold_minor: int = 0
    """What of it the feed has not told of yet."""
    passed_minor: int | None = None
    """The limit that it went beyond, once it has."""
    is_noted: bool = False


class Limits:
    """Watches checking and budgets for a household, and notes what its people want to hear of.

    Something is noted once two things have come together: it is so by what is posted, and it can
    be seen by what the feed has told of. Days have to be looked at last, when all is booked.
    """

    def __init__(self, home: Household, subjects: Mapping[str, Iterable[str]]) -> None:
        self.below_minor = WORRYING_MINOR
        """The balance under which people want to hear of it."""
        self.budgets: dict[str, Budget] = {}
        """By subject; spending is counted before there is one."""
        self._home = home
        self._since = home.joins_on.replace(day=1)
        self._subjects_of: dict[str, list[str]] = {}
        for subject, leaves in subjects.items():
            for leaf in leaves:
                self._subjects_of.setdefault(leaf, []).append(subject)
        self._posting: dict[date, list[tuple[Booking, bool]]] = {}
        self._telling: dict[date, list[Booking]] = {}
        self._spent: dict[tuple[date, str], _Spent] = {}
        self._untold_minor = 0
        self._is_low = False
        home.heard.append(self._hear)

    def spent_minor(self, subject: str) -> int:
        """Say what a subject has taken so far this month."""
        spent = self._spent.get((self._home.today.replace(day=1), subject))
        return spent.posted_minor if spent else 0

    def look(self) -> None:
        """Note what has come to be so today, or to be seen."""
        today = self._home.today
        posted, told = self._posting.pop(today, ()), self._telling.pop(today, ())
        for booking, is_late in posted:
            self._count(booking, 1, late=is_late)
        for booking in told:
            self._count(booking, 0, late=-1)
        if posted or told:
            self._look_at_budgets(today.replace(day=1))
        if today.day == 1:
            self._forget(today)
        # Of what is imported nobody needs to be told.
        if not self._home.is_backfill:
            self._look_at_balance(self.below_minor)

    def _hear(self, booking: Booking) -> None:
        posted_on, published_on = booking.posted_on, booking.published_on
        if posted_on is None or published_on is None or posted_on < self._since:
            return
        # What is imported is told of before anybody has set a limit.
        is_late = published_on > posted_on and not self._home.is_backfill
        if is_late or booking.payee.category in self._subjects_of:
            self._posting.setdefault(posted_on, []).append((booking, is_late))
        if is_late:
            self._telling.setdefault(published_on, []).append(booking)

    def _count(self, booking: Booking, posted: int, *, late: int) -> None:
        """Count it as posted; as *late*, whether it is untold yet, or (-1) told at last."""
        account = booking.account
        if account is self._home.checking:
            self._untold_minor += booking.amount_minor * late
        if account.currency != self._home.market.currency or booking.posted_on is None:
            return
        month = booking.posted_on.replace(day=1)
        for subject in self._subjects_of.get(booking.payee.category, ()):
            spent = self._spent.setdefault((month, subject), _Spent())
            spent.posted_minor -= booking.amount_minor * posted
            spent.untold_minor -= booking.amount_minor * late

    def _look_at_budgets(self, this_month: date) -> None:
        home = self._home
        for (month, subject), spent in self._spent.items():
            budget = self.budgets.get(subject)
            if budget is None or spent.is_noted:
                continue
            if month == this_month and spent.posted_minor > budget.limit_minor:
                spent.passed_minor = spent.passed_minor or budget.limit_minor
            known_minor = spent.posted_minor - spent.untold_minor
            if spent.passed_minor is not None and known_minor > spent.passed_minor:
                spent.is_noted = True
                subject_id = budget.budget_id
                home.note("budget_exceeded", home.checking, known_minor, subject=subject_id)

    def _forget(self, today: date) -> None:
        for month, subject in list(self._spent):
            if (today - month).days > _KEPT_DAYS:
                del self._spent[month, subject]

    def _look_at_balance(self, below_minor: int) -> None:
        """Note a fall once; after a recovery, the next."""
        checking = self._home.checking
        if checking.booked_minor >= below_minor:
            self._is_low = False
        elif not self._is_low and checking.booked_minor - self._untold_minor < below_minor:
            self._is_low = True
            self._home.note("low_balance", checking, checking.booked_minor)
