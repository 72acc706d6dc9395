"""What statements have in common: spellings, places, store numbers, mandates, dates, amounts.

Two things decide what is left to chance. What a household and a payee always have between them,
such as the nearest store, comes from their names; what varies comes from the booking's reference.
"""

from functools import lru_cache
from unicodedata import combining, normalize
from zlib import crc32

from sample.bookings import Account, Booking
from sample.payees import Payee
from sample.places.cities import CITIES, STATES, home_city
from sample.places.market import Market
from sample.places.ways import WAYS
from schemas.money import exponent, text_from_minor

_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "AE", "Ö": "OE", "Ü": "UE", "ß": "ss"}
)
_ANOTHER_STORE_EIGHTHS = 1
_ANOTHER_SPELLING_EIGHTHS = 1


@lru_cache(maxsize=65_536)
def capitals(text: str) -> str:
    """Write as old printers did: plain capital letters, without accents.

    >>> capitals("Bäckerei Peña")
    'BAECKEREI PENA'
    """
    plain = normalize("NFKD", text.translate(_LETTERS))
    return "".join(letter for letter in plain if not combining(letter)).upper()


def household(account: Account) -> str:
    """Name whose account it is."""
    return account.account_id.rpartition("-")[0]


def between(booking: Booking) -> int:
    """Give a number that a household and a payee always have between them."""
    return crc32(f"{household(booking.account)}>{booking.payee.name}".encode())


def number_of(text: str) -> int:
    """Give a number that a name always has."""
    return crc32(text.encode())


def spelled(payee: Payee, number: int) -> str:
    """Spell the name in one of its ways: its own, or one of the others."""
    if payee.spellings:
        at = number % (len(payee.spellings) + 1)
        if at:
            return capitals(payee.spellings[at - 1])
    return capitals(payee.name)


def is_remote(booking: Booking) -> bool:
    """Say whether the other side stands in no street."""
    return not booking.payee.city and WAYS[booking.payee.category].stands != "local"


def city(booking: Booking, market: Market) -> str:
    """Name the city it happened in; at home, for what is everywhere."""
    return booking.payee.city or home_city(household(booking.account), market.country)


def tail(booking: Booking, market: Market) -> str:
    """End as American card lines do: city and state, or city and country."""
    place = city(booking, market)
    return _TAILS.get(place) or f"{capitals(place)} {booking.payee.country or market.country}"


_TAILS = {city: f"{capitals(city)} {state}" for city, state in STATES.items()} | {
    city: f"{capitals(city)} {country}"
    for country, cities in CITIES.items()
    for city in cities
    if country != "US"
}


def purpose(booking: Booking) -> str:
    """Say what it is for, if anything does."""
    return booking.purpose or booking.payee.purpose


def mandate(booking: Booking, own: int) -> int:
    """Number the agreement behind a payment: the same, as long as its series lasts."""
    return crc32(booking.series.series_id.encode()) if booking.series is not None else own


def last_four(account: Account) -> str:
    """Give the last digits of an account's number."""
    return f"{crc32(account.account_id.encode()) % 10_000:04}"


def paid_abroad(booking: Booking) -> str:
    """Write what was paid abroad, in its own money; empty for what was not."""
    if booking.foreign is None:
        return ""
    amount_minor, currency = booking.foreign
    return f" {text_from_minor(abs(amount_minor), currency)} {currency}"


def rate(booking: Booking) -> str:
    """Write how many of the other currency one of the account's was."""
    if booking.foreign is None or not booking.amount_minor:
        return ""
    foreign_minor, currency = booking.foreign
    places = exponent(booking.account.currency) - exponent(currency) + 4
    ten_thousandths = abs(foreign_minor) * 10**places // abs(booking.amount_minor)
    return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04}"


def day_month(booking: Booking) -> str:
    """Write the day as in 31JAN."""
    return f"{booking.on.day:02}{_MONTHS[booking.on.month - 1]}"


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def shop(booking: Booking, own: int, reference: int, *, processed_tenths: int = 0) -> str:
    """Name a shop and its number, behind the processor that takes its money, if one does.

    The processor is always the same; spelling and number are so mostly, and now and then others.
    """
    payee = booking.payee
    name = spelled(payee, reference >> 3 if reference & 7 < _ANOTHER_SPELLING_EIGHTHS else own)
    is_online = WAYS[payee.category].stands == "online"
    number = number_of(payee.name)
    # Chains have terminals of their own.
    if not (is_online or payee.city) or number % 10 >= processed_tenths:
        return f"{name}{_store(payee, own, reference)}"
    group = payee.category.partition(".")[0]
    processors = _ONLINE_PROCESSORS if is_online else _PROCESSORS.get(group, ("",))
    return f"{processors[(number >> 8) % len(processors)]}{name}"


_ONLINE_PROCESSORS = ("PAYPAL *", "PP*", "PAYPAL *", "STRIPE *")
_PROCESSORS = {
    "dining": ("SQ *", "TST* ", "SUMUP  *", "ZETTLE_*"),
    "food": ("SQ *", "CLOVER* ", "SUMUP  *"),
    "giving": ("SQ *", "ZETTLE_*"),
    "health": ("SQ *", "SUMUP  *"),
    "services": ("SQ *", "SUMUP  *", "ZETTLE_*"),
    "shopping": ("SP * ", "SQ *", "ZETTLE_*"),
}


def _store(payee: Payee, own: int, reference: int) -> str:
    """Number the store, of a chain that has many; a household mostly goes to the same."""
    if payee.city or WAYS[payee.category].stands != "local":
        return ""
    another = reference >> 8 & 7 < _ANOTHER_STORE_EIGHTHS
    number = 1000 + ((own >> 8) + (reference >> 11 & 3) * another) % 9000
    return _STORES[number_of(payee.name) % len(_STORES)].format(number)


_STORES = (" #{}", " {}", " STORE {}", " T-{}", "")
