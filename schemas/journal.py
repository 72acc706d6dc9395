"""Journal entries that no producer sends: time, artifacts, policy and erasure."""

from typing import Annotated, ClassVar

from pydantic import Field

from schemas.event import Event, Fact, UserEvent
from schemas.fields import CalendarDate, Name, SubjectId, UserId
from schemas.ids import BUCKETS

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DayPassed(Event):
    """A calendar day ended for the users of one bucket; the only way that time enters."""

    ce_type: ClassVar[str] = "penstock.day.passed.v1"

    bucket: Annotated[int, Field(ge=0, lt=BUCKETS)]
    day: CalendarDate = Field(description="The last day that has passed.")


class ModelActivated(Event):
    """A trained artifact takes effect, for this partition, from here on."""

    ce_type: ClassVar[str] = "penstock.model.activated.v1"

    model: SubjectId = Field(description="What it does, as in categories.")
    version: Name
    sha256: Sha256


class Policy(Fact):
    """Thresholds and parameters of the fold, for all users of a partition."""

    large_payment_milli: Annotated[int, Field(ge=1_000, le=100_000)] = Field(
        default=7_000,
        description="Surprise, in thousandths of a nat, from which a payment is unusually large.",
    )
    large_payment_history: Annotated[int, Field(ge=2, le=10_000)] = Field(
        default=10, description="How many payments of the user's must be known before."
    )
    low_balance_minor: Annotated[int, Field(ge=0)] = Field(
        default=10_000, description="Below it a balance is low, where the user chose nothing else."
    )
    paused_providers: Annotated[tuple[SubjectId, ...], Field(max_length=100)] = Field(
        default=(), description="Providers whose transactions and accounts are set aside for now."
    )


class PolicyActivated(Event):
    """A policy takes effect, for this partition, from here on."""

    ce_type: ClassVar[str] = "penstock.policy.activated.v1"

    version: Name
    policy: Policy


class UserErased(UserEvent):
    """A user's data is to be forgotten."""

    ce_type: ClassVar[str] = "penstock.user.erased.v1"

    user_id: UserId
    request_id: SubjectId

    def identity(self) -> tuple[str, ...]:
        """Trust the request's id."""
        return (self.user_id, self.request_id)
