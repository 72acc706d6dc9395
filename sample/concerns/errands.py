"""Where to go for what is not bought every day."""

from sample.household import Household
from sample.payees import Payee
from sample.places.market import Market


def shop_near(home: Household, category: str) -> Payee:
    """Choose somebody to pay in the household's own city, or who is to be found everywhere."""
    return shop_in(home, home.market, home.city, category)


def shop_in(home: Household, market: Market, city: str, category: str) -> Payee:
    """Choose somebody to pay in a city; anybody in the country, where the city has nobody."""
    payees = market.payees[category]
    near = [payee for payee in payees if payee.city in {"", city}]
    return home.dice.one_of(near or payees)
