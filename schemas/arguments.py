"""Typed values that a text is rendered from, so that a reader can translate or compare them."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.event import Fact
from schemas.fields import AccountId, CalendarDate, CategoryId, Currency, SumMinor, TransactionId


class MoneyArgument(Fact):
    """An amount with its currency."""

    kind: Literal["money"] = "money"
    amount_minor: SumMinor
    currency: Currency


class DateArgument(Fact):
    """A calendar date."""

    kind: Literal["date"] = "date"
    date: CalendarDate


class CategoryArgument(Fact):
    """A category."""

    kind: Literal["category"] = "category"
    category: CategoryId


class TextArgument(Fact):
    """A name: a merchant's, an account's."""

    kind: Literal["text"] = "text"
    text: Annotated[str, Field(max_length=500)]


class CountArgument(Fact):
    """A number of things."""

    kind: Literal["count"] = "count"
    count: int


Argument = Annotated[
    MoneyArgument | DateArgument | CategoryArgument | TextArgument | CountArgument,
    Field(discriminator="kind"),
]
Arguments = dict[Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")], Argument]


class TransactionRef(Fact):
    """Points at a transaction of the same user."""

    account_id: AccountId
    transaction_id: TransactionId
