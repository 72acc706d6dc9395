"""What a bank says of an account beside its transactions."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.event import UserEvent
from schemas.fields import (
    AccountId,
    AmountMinor,
    CalendarDate,
    Currency,
    Instant,
    Revision,
    SubjectId,
    UserId,
)

AccountType = Literal["checking", "savings", "credit", "loan", "investment", "cash"]
AccountStatus = Literal["active", "disconnected", "closed"]


class AccountUpdated(UserEvent):
    """A producer read an account's state from a bank."""

    ce_type: ClassVar[str] = "penstock.account.updated.v1"

    account_id: AccountId
    user_id: UserId
    type: AccountType
    currency: Currency
    balance_minor: AmountMinor | None = Field(
        default=None, description="Booked balance; below zero is owed. Needs as_of."
    )
    as_of: Instant | None = Field(default=None, description="When the balance was so.")
    credit_limit_minor: Annotated[AmountMinor, Field(ge=0)] | None = None
    interest_rate: Annotated[str, Field(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,6})?$")] | None = Field(
        default=None, description="Per cent a year as decimal text, as in 19.9."
    )
    minimum_payment_minor: Annotated[AmountMinor, Field(ge=0)] | None = None
    status: AccountStatus = "active"
    complete_until: CalendarDate | None = Field(
        default=None,
        description="The feed is complete up to this date; rules about missing things wait for it.",
    )
    provider: SubjectId | None = None
    revision: Revision = Field(description="Grows with each update of the account.")

    @model_validator(mode="after")
    def _balance_has_its_instant(self) -> "AccountUpdated":
        if self.balance_minor is not None and self.as_of is None:
            raise PydanticCustomError("inconsistent", "balance_minor needs as_of beside it")
        return self

    def identity(self) -> tuple[str, ...]:
        """Name one update of one account."""
        return (self.user_id, self.account_id, str(self.revision))
