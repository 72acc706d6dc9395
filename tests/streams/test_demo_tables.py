"""What the demo tells at its end."""

from io import StringIO

from rich.console import Console

from streams.cli.demo_tables import where_money_went
from streams.outcome import Outcome


def spent(number: int, category: str, amount_minor: int) -> dict[str, object]:
    return {
        "user_id": "household-1",
        "account_id": "checking-1",
        "transaction_id": f"t-{number}",
        "currency": "EUR",
        "category": category,
        "amount_minor": -amount_minor,
        "status": "posted",
    }


def test_money_goes_into_users_own_categories_too_and_a_transfer_is_none_of_it() -> None:
    payments = [("own:boat", 90_000), ("food.groceries", 2_000), ("transfer.own_account", 500_000)]
    outcome = Outcome()
    for number, (category, minor) in enumerate(payments):
        outcome.enriched["household-1", "checking-1", str(number)] = spent(number, category, minor)

    told = StringIO()
    Console(file=told, width=100).print(where_money_went(outcome))

    lines = [line for line in told.getvalue().splitlines() if "EUR" in line]
    assert ["boat" in lines[0], "Groceries" in lines[1], len(lines)] == [True, True, 2]
