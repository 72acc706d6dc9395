from __future__ import annotations

import ast
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from babel.core import get_global
from babel.numbers import get_territory_currencies, list_currencies
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import money
from schemas.money import (
    AMOUNT_MINOR_MAX,
    EXPONENTS,
    Money,
    exponent,
    minor_from_text,
    text_from_minor,
)

currencies = st.sampled_from(sorted(EXPONENTS))
amounts = st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX)


@given(amount_minor=amounts)
@example(0)
@example(-1)
@example(AMOUNT_MINOR_MAX)
@example(-AMOUNT_MINOR_MAX)
def test_text_and_minor_units_say_the_same_in_every_currency(amount_minor: int) -> None:
    for currency, places in EXPONENTS.items():
        text = text_from_minor(amount_minor, currency)

        assert minor_from_text(text, currency) == amount_minor
        assert Decimal(text).scaleb(places) == amount_minor


@given(value=st.decimals(-10_000, 10_000, allow_nan=False, places=5), currency=currencies)
def test_decimals_are_read_exactly_or_refused(value: Decimal, currency: str) -> None:
    exact = value.scaleb(EXPONENTS[currency])
    if exact == exact.to_integral_value():
        assert minor_from_text(f"{value:f}", currency) == exact
    else:
        with pytest.raises(ValueError, match="too many decimals"):
            minor_from_text(f"{value:f}", currency)


@given(text=st.text() | st.from_regex(r"[-+0-9.,eE ]*"), currency=currencies)
def test_any_text_is_an_amount_in_bounds_or_a_value_error(text: str, currency: str) -> None:
    try:
        amount_minor = minor_from_text(text, currency)
    except ValueError:
        return
    assert abs(amount_minor) <= AMOUNT_MINOR_MAX
    assert Decimal(text).scaleb(EXPONENTS[currency]) == amount_minor


@given(a=amounts, b=amounts, c=amounts, currency=currencies)
def test_sums_do_not_depend_on_their_order(a: int, b: int, c: int, currency: str) -> None:
    x, y, z = (Money(n, currency) for n in (a, b, c))

    assert x + y == y + x == Money(a + b, currency)
    assert (x + y) + z == x + (y + z)
    assert x + -x == Money(0, currency)


@given(pair=st.lists(currencies, min_size=2, max_size=2, unique=True), a=amounts, b=amounts)
def test_currencies_never_mix(pair: list[str], a: int, b: int) -> None:
    with pytest.raises(ValueError, match=f"cannot add {pair[1]} to {pair[0]}"):
        Money(a, pair[0]) + Money(b, pair[1])


@pytest.mark.parametrize("amount", [1.0, Decimal(1), True, "1", None])
def test_only_an_integer_counts_minor_units(amount: Any) -> None:
    with pytest.raises(TypeError, match="must be an int of minor units"):
        Money(amount, "EUR")


def test_money_reads_like_money() -> None:
    assert str(Money(-1_250, "EUR")) == "-12.50 EUR"
    assert str(Money(1_200, "JPY")) == "1200 JPY"


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("12.50", "EUR", 1_250),
        ("+12.5", "EUR", 1_250),
        ("-.5", "EUR", -50),  # As OFX files write it.
        ("7.", "EUR", 700),
        ("-0.00", "EUR", 0),
        ("0012", "EUR", 1_200),
        ("1200.00", "JPY", 1_200),  # Zeros lose nothing.
        ("1.234", "KWD", 1_234),
        ("1.2345", "CLF", 12_345),
        ("100000000000.00", "EUR", AMOUNT_MINOR_MAX),
    ],
)
def test_what_banks_write_is_read(text: str, currency: str, expected: int) -> None:
    assert minor_from_text(text, currency) == expected


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("12.345", "EUR", "too many decimals: EUR has 2"),
        ("1.5", "JPY", "too many decimals: JPY has 0"),
        ("", "EUR", "not a plain decimal number"),
        (".", "EUR", "not a plain decimal number"),
        ("NaN", "EUR", "not a plain decimal number"),
        ("-inf", "EUR", "not a plain decimal number"),
        ("1e3", "EUR", "not a plain decimal number"),
        ("1,50", "EUR", "not a plain decimal number"),
        ("1_000", "EUR", "not a plain decimal number"),
        (" 1", "EUR", "not a plain decimal number"),
        ("1\n", "EUR", "not a plain decimal number"),
        ("--1", "EUR", "not a plain decimal number"),
        ("١٢", "EUR", "not a plain decimal number"),  # Digits, but not ASCII ones.
        ("100000000000.01", "EUR", "too large"),
        ("9" * 10_000_000, "EUR", "10000000 characters is too long"),
        ("1", "EURO", "unknown currency 'EURO'"),
        ("1", "eur", "unknown currency 'eur'"),
        ("1", "XXX", "unknown currency 'XXX'"),
    ],
    ids=lambda value: value[:12],
)
def test_a_refusal_names_what_is_wrong(text: str, currency: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        minor_from_text(text, currency)


@pytest.mark.parametrize(
    ("places", "codes"),
    [
        (0, "JPY KRW CLP ISK VND XAF XOF XPF UYI"),
        (
            2,
            "EUR USD GBP CHF MGA MRU HUF IDR",
        ),  # A fifth of an ariary is not a decimal; ISO says 2.
        (3, "BHD KWD JOD TND OMR IQD LYD"),
        (4, "CLF UYW"),
    ],
)
def test_well_known_exponents(places: int, codes: str) -> None:
    assert {code: exponent(code) for code in codes.split()} == dict.fromkeys(codes.split(), places)


def test_every_legal_tender_is_known_and_nothing_is_misspelt() -> None:
    day = dt.date(2026, 1, 1)
    tender = {
        code
        for territory in get_global("territory_currencies")
        for code in get_territory_currencies(territory, day, day, tender=True)
    }

    assert tender <= EXPONENTS.keys()
    assert EXPONENTS.keys() <= list_currencies("en")


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        EXPONENTS["EUR"] = 3  # type: ignore[index]  # The point of the test.


def test_a_double_holds_the_sum_of_hundreds_of_the_largest_amounts_exactly() -> None:
    largest = 900 * AMOUNT_MINOR_MAX - 1
    assert int(float(largest)) == largest


def test_no_float_is_written_anywhere_in_the_file() -> None:
    for node in ast.walk(ast.parse(Path(money.__file__).read_text("utf-8"))):
        assert not (isinstance(node, ast.Name) and node.id == "float")
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
        assert not isinstance(node, ast.Div)
