"""Money as integers: minor units of an ISO 4217 currency, never a float."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

AMOUNT_MINOR_MAX = 10**13
"""The largest absolute amount on the wire: a hundred thousand million euros. Hundreds of such add
up below 2**53, where JavaScript still reads JSON integers exactly."""

AMOUNT_TEXT_LENGTH_MAX = 40
"""Longer than any amount in bounds; it keeps hostile text from costing time."""

_CODES_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD
        CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
        GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD
        LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB
        PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP
        SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

# Withdrawn since 2021, all with two decimals: a history that is imported today still holds them.
_CODES_WITHDRAWN = "ANG BGN CUC HRK SLL ZWL"


def _exponents() -> dict[str, int]:
    exponents = {code: n for n, codes in _CODES_BY_EXPONENT.items() for code in codes.split()}
    return exponents | dict.fromkeys(_CODES_WITHDRAWN.split(), 2)


EXPONENTS: Mapping[str, int] = MappingProxyType(_exponents())
"""Decimals of each currency. Metals, baskets and test codes have no minor unit: left out."""

_PLAIN_DECIMAL = re.compile(r"([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency; sums may grow beyond the bound of the wire.

    >>> Money(1_250, "EUR") + Money(-250, "EUR")
    Money(amount_minor=1000, currency='EUR')
    """

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            kind = type(self.amount_minor).__name__
            raise TypeError(f"amount_minor must be an int of minor units, not {kind}")
        exponent(self.currency)

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __str__(self) -> str:
        return f"{text_from_minor(self.amount_minor, self.currency)} {self.currency}"


def exponent(currency: str) -> int:
    """Say how many decimals *currency* has; ValueError when it is not one of ISO 4217's."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise ValueError(f"unknown currency {currency[:8]!r}: expected a code like 'EUR'") from None


def minor_from_text(text: str, currency: str) -> int:
    """Read plain decimal text exactly; ValueError says what is wrong with it.

    Zeros beyond the currency's decimals lose nothing and are read.

    >>> minor_from_text("-12.5", "EUR"), minor_from_text("1200.00", "JPY")
    (-1250, 1200)
    """
    places = exponent(currency)
    if len(text) > AMOUNT_TEXT_LENGTH_MAX:
        raise ValueError(f"an amount of {len(text)} characters is too long to be one")
    match = _PLAIN_DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a plain decimal number such as '-12.50'")
    sign, whole, fraction = match.groups(default="")
    fraction = fraction.rstrip("0")
    if len(fraction) > places:
        raise ValueError(f"{text!r} has too many decimals: {currency} has {places}")
    amount_minor = int(sign + "0" + whole + fraction.ljust(places, "0"))
    if abs(amount_minor) > AMOUNT_MINOR_MAX:
        raise ValueError(f"{text!r} is too large: at most {AMOUNT_MINOR_MAX} minor units")
    return amount_minor


def text_from_minor(amount_minor: int, currency: str) -> str:
    """Write *amount_minor* as plain decimal text with all of the currency's decimals.

    >>> text_from_minor(-5, "EUR"), text_from_minor(1200, "JPY"), text_from_minor(5, "KWD")
    ('-0.05', '1200', '0.005')
    """
    places = exponent(currency)
    sign = "-" if amount_minor < 0 else ""
    digits = str(abs(amount_minor)).rjust(places + 1, "0")
    if places == 0:
        return sign + digits
    return f"{sign}{digits[:-places]}.{digits[-places:]}"
