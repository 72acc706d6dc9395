"""The countries that households live in, and what each looks like from abroad."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from sample.payees import Payee
from sample.places.banks import BANKS
from sample.places.cities import CITIES
from sample.places.market import Market
from sample.places.shops import payees as payees_of
from sample.places.ways import WAYS


def _market(
    country: str, currency: str, time_zone: str, locale: str, level_permille: int
) -> Market:
    return Market(
        country,
        currency,
        time_zone,
        locale,
        level_permille,
        CITIES[country],
        payees_of(country),
        BANKS[country],
    )


def build() -> tuple[Market, ...]:
    """Make all markets, the same ones each time."""
    return (
        _market("US", "USD", "America/New_York", "en_US", 1_150),
        _market("GB", "GBP", "Europe/London", "en_GB", 900),
        _market("DE", "EUR", "Europe/Berlin", "de_DE", 1_000),
        _market("ES", "EUR", "Europe/Madrid", "es_ES", 850),
        # A yen is not divided: one and a half of them buy what a European cent buys.
        _market("JP", "JPY", "Asia/Tokyo", "ja_JP", 1_500),
    )


MARKETS = build()


def abroad(home: Market) -> tuple[Market, ...]:
    """Give the other countries, as travellers know them: their payees tell where they stand."""
    return tuple(_from_abroad()[one.country] for one in MARKETS if one.country != home.country)


@cache
def _from_abroad() -> Mapping[str, Market]:
    return {one.country: _foreign(one) for one in MARKETS}


def _foreign(market: Market) -> Market:
    there = {
        leaf: tuple(_in_a_city(market, payee, number) for number, payee in enumerate(payees))
        for leaf, payees in market.payees.items()
    }
    return replace(market, payees=there)


def _in_a_city(market: Market, payee: Payee, number: int) -> Payee:
    """Say in which city of its country a traveller finds it, a brand too."""
    city = payee.city
    if not city and WAYS[payee.category].stands == "local":
        city = market.cities[number % len(market.cities)]
    return payee._replace(country=market.country, city=city)
