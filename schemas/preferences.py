"""A user's preferences, and the event that changes them."""

import re
from datetime import time
from functools import cache
from importlib.resources import files
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from schemas.event import Fact, UserEvent
from schemas.fields import (
    AccountId,
    AmountMinor,
    CalendarDate,
    CategoryId,
    Country,
    Currency,
    Name,
    PositiveMinor,
    Revision,
    Share,
    SubjectId,
    UserId,
)

_MINUTE = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


@cache
def _zones() -> frozenset[str]:
    # The wheel's list, not the machine's: what is accepted must not depend on where it runs.
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


def _known_zone(zone: str) -> str:
    if zone not in _zones():
        raise PydanticCustomError("unknown_value", "should be an IANA time zone")
    return zone


def _minute_of_day(value: object) -> object:
    if isinstance(value, time) or (isinstance(value, str) and re.fullmatch(_MINUTE, value)):
        return value
    raise PydanticCustomError("unknown_value", "should look like 22:30")


def _written_as_minute(minute: time) -> str:
    return minute.isoformat("minutes")


TimeZone = Annotated[str, AfterValidator(_known_zone)]
Minute = Annotated[
    time,
    # Strict mode would refuse the text that the validator before it lets through.
    Field(strict=False),
    BeforeValidator(_minute_of_day),
    PlainSerializer(_written_as_minute),
    WithJsonSchema({"type": "string", "pattern": _MINUTE}),
]


class Budget(Fact):
    """How much may go out for a category, a group or in total, per month or week."""

    budget_id: SubjectId
    subject: CategoryId = Field(description="A category, a group, or total.")
    period: Literal["month", "week"] = "month"
    limit_minor: PositiveMinor
    currency: Currency
    rollover: bool = False


class Goal(Fact):
    """What the user saves or pays down for."""

    goal_id: SubjectId
    kind: Literal["amount_by_date", "savings_rate", "debt_paid", "emergency_fund"]
    amount_minor: PositiveMinor | None = None
    currency: Currency
    by: CalendarDate | None = None
    rate: Share | None = None
    months: Annotated[int, Field(ge=1, le=60)] | None = None
    account_id: AccountId | None = None

    @model_validator(mode="after")
    def _has_its_target(self) -> "Goal":
        target = {
            "amount_by_date": self.amount_minor and self.by,
            "savings_rate": self.rate,
            "debt_paid": self.account_id,
            "emergency_fund": self.months,
        }[self.kind]
        if target is None:
            raise PydanticCustomError("inconsistent", "the goal lacks the field of its kind")
        return self


class OwnCategory(Fact):
    """A category of the user's own, below a group or a category of the taxonomy."""

    category: Annotated[CategoryId, Field(pattern=r"^own:[a-z0-9_.-]+$")]
    name: Name
    parent: CategoryId


class FilingRule(Fact):
    """The user's own rule: what matches goes to the category."""

    rule_id: SubjectId
    category: CategoryId
    text_contains: Name | None = None
    merchant: Name | None = None
    account_id: AccountId | None = None
    amount_minor_min: AmountMinor | None = None
    amount_minor_max: AmountMinor | None = None

    @model_validator(mode="after")
    def _matches_something(self) -> "FilingRule":
        if self.text_contains is None and self.merchant is None and self.account_id is None:
            raise PydanticCustomError("inconsistent", "the rule needs a text, merchant or account")
        return self


class AlertRuleChoice(Fact):
    """The user's own parameters for an alert rule, or its mute."""

    rule_id: SubjectId
    enabled: bool = True
    muted_until: CalendarDate | None = None
    parameters: dict[Annotated[str, Field(max_length=64)], int] = Field(default_factory=dict)


class QuietHours(Fact):
    """When the user wants to sleep, in their own zone; may pass midnight."""

    start: Minute
    end: Minute


class Features(Fact):
    """What the user lets Penstock do."""

    categorization: bool = True
    predictions: bool = True
    insights: bool = True


class Profile(Fact):
    """What the user told of themselves; everything optional."""

    country: Country | None = None
    household_size: Annotated[int, Field(ge=1, le=20)] | None = None
    paid_on_day: Annotated[int, Field(ge=1, le=31)] | None = None


class Preferences(Fact):
    """Everything a user can set; in a change, absent means unchanged and null means default."""

    time_zone: TimeZone | None = None
    locale: Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")] | None = None
    base_currency: Currency | None = None
    budgets: Annotated[tuple[Budget, ...], Field(max_length=200)] | None = None
    goals: Annotated[tuple[Goal, ...], Field(max_length=50)] | None = None
    categories: Annotated[tuple[OwnCategory, ...], Field(max_length=200)] | None = None
    filing_rules: Annotated[tuple[FilingRule, ...], Field(max_length=500)] | None = None
    alert_rules: Annotated[tuple[AlertRuleChoice, ...], Field(max_length=100)] | None = None
    quiet_hours: QuietHours | None = None
    alerts_a_day_max: Annotated[int, Field(ge=0, le=100)] | None = None
    features: Features | None = None
    profile: Profile | None = None


class SettingsChanged(UserEvent):
    """A user changed some of their preferences, effective from the event's place in the log."""

    ce_type: ClassVar[str] = "penstock.settings.changed.v1"

    change_id: SubjectId = Field(description="The producer's own id; equal for a repeat.")
    user_id: UserId
    revision: Revision = Field(
        description="Grows with each change; for each preference, a smaller one is stale."
    )
    preferences: Preferences

    def identity(self) -> tuple[str, ...]:
        """Trust the producer's id."""
        return (self.user_id, self.change_id, str(self.revision))
