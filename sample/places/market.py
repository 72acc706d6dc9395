"""Countries that households live in: their money, their banks, and who takes and pays money."""

from collections.abc import Mapping
from dataclasses import dataclass

from sample.bookings import Bank
from sample.payees import Payee


@dataclass(frozen=True, slots=True)
class Market:
    """A country as its households know it."""

    country: str
    currency: str
    time_zone: str
    locale: str
    level_permille: int
    """Minor units that buy what a European cent buys, times a thousand."""
    cities: tuple[str, ...]
    payees: Mapping[str, tuple[Payee, ...]]
    """Who takes, or pays, money of each category; every leaf that a household needs has some."""
    banks: tuple[Bank, ...]

    def price(self, cents: int) -> int:
        """Give what costs so many European cents in Europe."""
        return cents * self.level_permille // 1000
