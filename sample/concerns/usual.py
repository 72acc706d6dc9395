"""What is usual for a household, by all that it has paid so far: amounts, hours, places, payees."""

from collections import defaultdict, deque
from datetime import date, timedelta
from functools import partial

from sample.bookings import Booking
from sample.household import Household
from sample.payees import Payee

_REMEMBERED = 15
_KNOWN_FROM = 6
"""So many payments of a category tell what is usual."""
_NIGHT_MINUTES = range(60, 330)
_SLEEPS_AFTER = timedelta(days=120)
_FORGOTTEN_AFTER = timedelta(days=400)


class Usual:
    """Listens to what a household pays of its own accord, and so not to crimes and mishaps."""

    def __init__(self, home: Household) -> None:
        self._home = home
        self._amounts: dict[str, deque[int]] = defaultdict(partial(deque, maxlen=_REMEMBERED))
        self._been_in: dict[str, date] = {}
        self._awake_on = home.start
        self._paid: set[str] = set()
        self.largest_transfer_minor = 0
        self.last_bought: Booking | None = None
        home.heard.append(self._hear)

    @property
    def categories(self) -> list[str]:
        """Give what is bought with a card at home so often that it is known what is usual."""
        return [name for name, amounts in self._amounts.items() if len(amounts) >= _KNOWN_FROM]

    @property
    def sleeps_at_night(self) -> bool:
        """Say whether for months nothing was bought in the small hours."""
        return self._home.today - self._awake_on > _SLEEPS_AFTER

    def typical_minor(self, category: str) -> int:
        """Give the middle one of the last amounts of a category."""
        amounts = sorted(self._amounts[category])
        return amounts[len(amounts) // 2]

    def goes_to(self, country: str) -> bool:
        """Say whether something was bought in a country, or booked for it, not long ago."""
        been_on = self._been_in.get(country)
        return been_on is not None and self._home.today - been_on < _FORGOTTEN_AFTER

    def has_paid(self, payee: Payee) -> bool:
        """Say whether a transfer was ever made to somebody."""
        return payee.name in self._paid

    def _hear(self, booking: Booking) -> None:
        paid_minor, payee = -booking.amount_minor, booking.payee
        if paid_minor <= 0 or booking.event is not None or booking.transfer_id is not None:
            return
        if booking.kind == "transfer":
            self._paid.add(payee.name)
            self.largest_transfer_minor = max(self.largest_transfer_minor, paid_minor)
        elif booking.kind == "card":
            if booking.minute is not None and booking.minute in _NIGHT_MINUTES:
                self._awake_on = booking.on
            if payee.country:
                self._been_in[payee.country] = booking.on
            elif booking.series is None:
                self.last_bought = booking
                self._amounts[payee.category].append(paid_minor)
