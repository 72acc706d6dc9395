"""How banks word what they book: one way a bank, made of the payee and a reference.

Each style has a way with cards of its own, and says the rest in its country's words.
"""

from collections.abc import Callable, Mapping

from sample.bookings import Booking
from sample.places.market import Market
from sample.wording.phrases import (
    between,
    capitals,
    city,
    day_month,
    is_remote,
    last_four,
    mandate,
    number_of,
    paid_abroad,
    purpose,
    rate,
    shop,
    spelled,
    tail,
)
from sample.wording.vocabulary import ENGLISH_CODES, OF_COUNTRY, Words
from schemas.accounts import AccountType

Style = Callable[[Booking, Market, int], str]

TEXT_LENGTH_MAX = 200

_CARDS = frozenset({"card", "refund"})
_BRIEF: Mapping[AccountType, str] = {
    "checking": "CHK",
    "savings": "SAV",
    "credit": "CARD",
    "loan": "LOAN",
    "investment": "INV",
    "cash": "CASH",
}
_CONTACTLESS_MINOR_MAX = 10_000
_SOME, _ALL = 3, 10
"""How many tenths of small shops are named behind a processor; in other styles none is."""


def describe(style: str, booking: Booking, market: Market, reference: int) -> str:
    """Write what the statement says; *reference* decides whatever is left to chance."""
    return STYLES[style](booking, market, reference)[:TEXT_LENGTH_MAX]


# What the styles share.


def _word(words: Words, booking: Booking) -> str:
    """Name the kind of a booking: money out, or money in."""
    is_in = booking.amount_minor > 0
    # What one own account collects from another comes in there as any transfer does.
    kind = "transfer" if is_in and booking.other is not None else booking.kind
    return words[kind][is_in]


def _who(booking: Booking, own: int) -> str:
    """Name the other side as it always is; an own account by its kind and last digits."""
    other = booking.other
    if other is not None:
        return f"{_BRIEF[other.type]} {last_four(other)}"
    return spelled(booking.payee, own)


def _what(booking: Booking) -> str:
    """Say what it is for, behind a space."""
    said = purpose(booking)
    return f" {capitals(said)}" if said else ""


def _where(booking: Booking, market: Market, own: int) -> str:
    """End with a city, or with the telephone of whoever stands in none."""
    return f"800-555-{own % 10_000:04}" if is_remote(booking) else tail(booking, market)


def _month_day(booking: Booking) -> str:
    return f"{booking.on.month:02}/{booking.on.day:02}"


# United States.


def _us_rail(booking: Booking, market: Market, reference: int) -> str:
    own, words = between(booking), OF_COUNTRY["US"]
    if booking.kind in _CARDS:
        back = "RETURN " if booking.kind == "refund" else ""
        name = shop(booking, own, reference, processed_tenths=_SOME)
        return f"{back}{name} {_where(booking, market, own)}{paid_abroad(booking)}"
    if booking.kind == "cash":
        machine = f"{_word(words, booking)} {own % 1_000_000:06} {_month_day(booking)}"
        return f"{machine} {tail(booking, market)}{paid_abroad(booking)}"
    name = _who(booking, own)
    return f"{_word(words, booking)} {name}{_what(booking)} {reference % 10**9:09}"


def _check_card(booking: Booking, market: Market, reference: int) -> str:
    own, word = between(booking), _word(OF_COUNTRY["US"], booking)
    if booking.kind in _CARDS:
        word = "CHECKCARD" if booking.kind == "card" else "CHECKCARD RETURN"
        name = shop(booking, own, reference, processed_tenths=_SOME)
        day = f"{booking.on.month:02}{booking.on.day:02}"
        where = f"{_where(booking, market, own)}{paid_abroad(booking)}"
        return f"{word} {day} {name} {where} 24{reference % 10**19:019}{own % 100:02}"
    name = _who(booking, own)
    return f"{word} {name}{_what(booking)}; CONFIRMATION# {reference & 0xFFFFFFFF:08X}"


def _ach(booking: Booking, market: Market, reference: int) -> str:
    own, word = between(booking), _word(OF_COUNTRY["US"], booking)
    if booking.kind in _CARDS:
        name = shop(booking, own, reference)
        abroad = paid_abroad(booking)
        return f"{word} {_month_day(booking)} {name} {_where(booking, market, own)}{abroad}"
    name = _who(booking, own)
    if booking.kind in {"cash", "fee", "interest"}:
        return f"{word} {name} {reference % 10**6:06}{paid_abroad(booking)}"
    company = number_of(booking.payee.name)
    entry = "PPD" if company & 1 else "CCD"
    said = _what(booking) or f" {word}"
    return f"{name[:22]} DES:{said[1:]} ID:{mandate(booking, own):010} CO ID:{company:010} {entry}"


def _processors(booking: Booking, market: Market, reference: int) -> str:
    own, word = between(booking), _word(OF_COUNTRY["US"], booking)
    if booking.kind in _CARDS:
        name = shop(booking, own, reference, processed_tenths=_ALL)
        back = " REFUND" if booking.kind == "refund" else ""
        return f"{name}{back} {_where(booking, market, own)}{paid_abroad(booking)}"
    name = _who(booking, own)
    return f"{word} {name}{_what(booking)} REF {reference % 10**6:06}{paid_abroad(booking)}"


# United Kingdom.


def _uk_card(booking: Booking, market: Market, reference: int) -> str:
    own, word = between(booking), _word(OF_COUNTRY["GB"], booking)
    on = booking.on
    day = f"ON {on.day:02}-{on.month:02}-{on.year}"
    if booking.kind in _CARDS:
        name = shop(booking, own, reference, processed_tenths=_SOME)
        if booking.foreign is not None:
            currency = booking.foreign[1]
            abroad = f"{paid_abroad(booking)} RATE {rate(booking)} {currency}"
            return f"{word} {name} {capitals(city(booking, market))}{abroad} {day}"
        return f"{word} {name} {day}"
    if booking.kind == "cash":
        place = capitals(city(booking, market))
        return f"{word} {spelled(booking.payee, own)} {place}{paid_abroad(booking)} {day}"
    mark = f" MANDATE NO {mandate(booking, own) % 10_000:04}"
    mark = mark if booking.kind == "direct_debit" else ""
    return f"{word} {_who(booking, own)}{_what(booking)}{mark}"


def _uk_codes(booking: Booking, market: Market, reference: int) -> str:
    own, code = between(booking), _word(ENGLISH_CODES, booking)
    if booking.kind in _CARDS:
        is_tapped = booking.kind == "card" and not is_remote(booking)
        if is_tapped and booking.amount_minor > -_CONTACTLESS_MINOR_MAX and reference & 7:
            code = ")))"
        name = shop(booking, own, reference, processed_tenths=_SOME)
        place = "INTERNET" if is_remote(booking) else capitals(city(booking, market))
        return f"{code} {name} {place}{paid_abroad(booking)}"
    if booking.kind == "cash":
        place = capitals(city(booking, market))
        return f"{code} {place} {day_month(booking)}{paid_abroad(booking)}"
    if booking.kind in {"direct_debit", "salary"}:
        return f"{code} {_who(booking, own)} {mandate(booking, own):010}"
    return f"{code} {_who(booking, own)}{_what(booking)}"


# Germany.


def _girocard(booking: Booking, market: Market, reference: int) -> str:
    own, word = between(booking), _word(OF_COUNTRY["DE"], booking)
    if booking.kind in _CARDS or booking.kind == "cash":
        minute = reference % 1440 if booking.minute is None else booking.minute
        name = shop(booking, own, reference)
        country = booking.payee.country or market.country
        place = f"//{capitals(city(booking, market))}/{country}" if not is_remote(booking) else ""
        time = f"{booking.on.isoformat()}T{minute // 60:02}:{minute % 60:02}"
        return f"{word} {name}{place}{paid_abroad(booking)} {time} FOLGENR {reference % 1000:03}"
    name = f"{word} {_who(booking, own)}{_what(booking)}"
    if booking.kind == "direct_debit":
        return f"{name} MANDAT {mandate(booking, own):08X} GLAEUBIGER-ID {_creditor(booking)}"
    return name


def _sepa(booking: Booking, market: Market, reference: int) -> str:
    own, word = between(booking), _word(OF_COUNTRY["DE"], booking)
    if booking.kind in _CARDS or booking.kind == "cash":
        name = shop(booking, own, reference, processed_tenths=_SOME)
        place = "" if is_remote(booking) else f" {capitals(city(booking, market))}"
        day = f"{booking.on.day:02}.{booking.on.month:02}."
        return f"{word} {name}{place} SVWZ+{day}{paid_abroad(booking)} {reference % 10**8:08}"
    name = _who(booking, own)
    said = (_what(booking) or f" {name}")[1:]
    if booking.kind == "direct_debit":
        marks = f"MREF+{mandate(booking, own):08X} CRED+{_creditor(booking)}"
        return f"{word} {name} EREF+{reference % 10**12:012} {marks} SVWZ+{said}"
    if booking.kind in {"fee", "interest"}:
        return f"{word} SVWZ+{said}"
    return f"{word} {name} EREF+{reference % 10**12:012} SVWZ+{said}"


def _creditor(booking: Booking) -> str:
    """Give the number under which a company collects, in Germany."""
    number = number_of(booking.payee.name)
    return f"DE{number % 90 + 10}ZZZ{number:011}"


# Spain.


def _es_card(booking: Booking, market: Market, reference: int) -> str:
    own, word = between(booking), _word(OF_COUNTRY["ES"], booking)
    if booking.kind in _CARDS or booking.kind == "cash":
        name = shop(booking, own, reference, processed_tenths=_SOME)
        place = "" if is_remote(booking) else f", {capitals(city(booking, market))}"
        card = f"TARJ. *{last_four(booking.account)}"
        return f"{word} {card} {name}{place}{paid_abroad(booking)}"
    name = f"{word} {_who(booking, own)}"
    if booking.kind == "direct_debit":
        return f"{name}{_what(booking)} N {mandate(booking, own):012}"
    said = _what(booking)
    return f"{name} CONCEPTO{said}" if said else name


# Japan.


def _jp_card(booking: Booking, _market: Market, reference: int) -> str:
    own, word = between(booking), _word(OF_COUNTRY["JP"], booking)
    if booking.kind in _CARDS:
        where = "KAIGAI" if booking.foreign is not None else "KOKUNAI"
        name = shop(booking, own, reference)
        return f"VISA {where} {word} {name}{paid_abroad(booking)}"
    if booking.kind == "cash":
        return f"{word} {own % 10_000:04} {spelled(booking.payee, own)}{paid_abroad(booking)}"
    number = f" {mandate(booking, own) % 10**7:07}" if booking.kind == "direct_debit" else ""
    return f"{word} {_who(booking, own)}{_what(booking)}{number}"


# Anywhere.


def _truncated(booking: Booking, market: Market, reference: int) -> str:
    """Cut off what a column of old has no room for; a bank's column is always as wide."""
    own = between(booking)
    if booking.kind in _CARDS:
        name = shop(booking, own, reference, processed_tenths=_SOME)
        text = f"{name} {_where(booking, market, own)}"
    else:
        word = _word(OF_COUNTRY[market.country], booking)
        text = f"{_who(booking, own)} {word}{_what(booking)}"
    return text[: 22 + number_of(booking.account.bank.provider) % 4].rstrip()


def _clean(booking: Booking, market: Market, _reference: int) -> str:
    """Write as apps do that have looked the other side up."""
    payee = booking.payee
    if booking.kind == "card":
        return payee.name
    word = _word(OF_COUNTRY[market.country], booking).title()
    if booking.other is not None:
        return f"{word} {booking.other.type} {last_four(booking.other)}"
    if booking.kind == "cash":
        return f"{word} {city(booking, market)}"
    said = purpose(booking)
    return f"{word} {payee.name}: {said}" if said else f"{word} {payee.name}"


STYLES: Mapping[str, Style] = {
    "us_rail": _us_rail,
    "check_card": _check_card,
    "ach": _ach,
    "processors": _processors,
    "truncated": _truncated,
    "uk_card": _uk_card,
    "uk_codes": _uk_codes,
    "girocard": _girocard,
    "sepa": _sepa,
    "es_card": _es_card,
    "jp_card": _jp_card,
    "clean": _clean,
}
"""By name; any bank may use any, whatever its country."""
