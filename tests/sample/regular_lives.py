"""Lives of single households with only the regular concerns that a test is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from hypothesis import strategies as st

from sample.births import Circumstances, born
from sample.bookings import Account, Booking
from sample.days import ONE_DAY, on_day
from sample.household import Concern, Household, Shock
from sample.truth import TrueEvent

START = date(2025, 1, 1)

numbers = st.integers(1, 100_000)
"""Which household it is decides all that it does."""


@dataclass
class Life:
    """What happened to a household, day by day."""

    home: Household
    bookings: list[Booking] = field(default_factory=list)
    notes: list[TrueEvent] = field(default_factory=list)
    left_minor: list[int] = field(default_factory=list)
    """What each booking left on its account."""
    evenings: dict[str, dict[date, int]] = field(default_factory=lambda: defaultdict(dict))
    """What each account held when a day was over."""

    def hear(self, booking: Booking) -> None:
        self.bookings.append(booking)
        self.left_minor.append(booking.account.balance_minor)

    def noted(self, kind: str) -> list[TrueEvent]:
        return [note for note in self.notes if note.kind == kind]

    def of_series(self) -> dict[str, list[Booking]]:
        """Give the bookings of each series, in order."""
        found: dict[str, list[Booking]] = defaultdict(list)
        for booking in self.bookings:
            if booking.series is not None:
                found[booking.series.series_id].append(booking)
        return found

    def on(self, account: Account | None) -> list[Booking]:
        return [booking for booking in self.bookings if booking.account is account]


def lived(
    number: int,
    concerns: Callable[[Household], Sequence[Concern]],
    months: int = 24,
    shock: Shock | None = None,
) -> Life:
    """Let a household live for some months, looked after by these concerns alone."""
    end = on_day(START.year, START.month + months, 1)
    home = born(number, Circumstances(1, START, end, shock, imports=False))
    life = Life(home)
    # What it was born with listens no more; these concerns say anew what they want to hear.
    home.series.clear()
    home.heard[:] = [life.hear]
    home.income_minor, home.loan = 0, None
    home.concerns = tuple(concerns(home))
    today = START
    while today < end:
        home.live(today)
        for account in home.accounts:
            life.evenings[account.account_id][today] = account.balance_minor
        life.notes += [row for row in home.truths() if isinstance(row, TrueEvent)]
        today += ONE_DAY
    return life
