"""Figures as an English reader expects them; every other language renders from the typed facts."""

from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency

from schemas.money import text_from_minor


def money(amount_minor: int, currency: str) -> str:
    """Word an amount.

    >>> money(-123_456, "EUR")
    '-€1,234.56'
    """
    return format_currency(Decimal(text_from_minor(amount_minor, currency)), currency, locale="en")


def day(ordinal: int) -> str:
    """Word a calendar date.

    >>> day(date(2026, 1, 31).toordinal())
    'Jan 31, 2026'
    """
    return format_date(date.fromordinal(ordinal), format="medium", locale="en")


def month(number: int) -> str:
    """Word a month.

    >>> month(202601)
    'January 2026'
    """
    return format_date(date(number // 100, number % 100, 1), format="MMMM yyyy", locale="en")
