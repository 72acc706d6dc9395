"""Forecasts: a figure for a period to come, with how far it may be off and why."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from schemas.event import Fact, UserEvent
from schemas.fields import (
    AccountId,
    CalendarDate,
    CategoryId,
    Currency,
    Name,
    Revision,
    Share,
    SubjectId,
    SumMinor,
    UserId,
)


class AboutTotal(Fact):
    """All spending in one currency."""

    kind: Literal["total"] = "total"


class AboutOneCategory(Fact):
    """Spending in one category."""

    kind: Literal["category"] = "category"
    category: CategoryId


class AboutBalance(Fact):
    """An account's balance."""

    kind: Literal["balance"] = "balance"
    account_id: AccountId


class AboutSavings(Fact):
    """What is left of the income."""

    kind: Literal["savings"] = "savings"


ForecastSubject = Annotated[
    AboutTotal | AboutOneCategory | AboutBalance | AboutSavings, Field(discriminator="kind")
]


class Interval(Fact):
    """Where the figure should lie, as often as the interval's name says."""

    low_minor: SumMinor
    high_minor: SumMinor


class Driver(Fact):
    """A part of the forecast, with its share of the point."""

    name: Name
    amount_minor: SumMinor


class ForecastMade(UserEvent):
    """Penstock forecast a figure for a period to come."""

    ce_type: ClassVar[str] = "penstock.forecast.made.v1"

    forecast_id: SubjectId
    revision: Revision
    user_id: UserId
    subject: ForecastSubject
    currency: Currency
    made_on: CalendarDate
    period_start: CalendarDate
    period_end: CalendarDate
    point_minor: SumMinor
    interval_80: Interval | None = Field(
        default=None, description="Absent until enough past forecasts can be judged."
    )
    interval_95: Interval | None = None
    history_needed: Annotated[int, Field(ge=0)] = Field(
        default=0, description="How many months are missing before intervals can be given."
    )
    method: Name
    artifact: Name | None = None
    drivers: tuple[Driver, ...] = ()
    overspend_probability: Share | None = None

    def identity(self) -> tuple[str, ...]:
        """Name one revision of one forecast."""
        return (self.user_id, self.forecast_id, str(self.revision))
