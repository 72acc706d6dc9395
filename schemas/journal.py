"""Journal entries that no producer sends: time, artifacts, policy and erasure."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.event import Event, Fact, UserEvent
from schemas.fields import CalendarDate, CategoryId, Name, SubjectId, UserId
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


class ChallengerSet(Event):
    """An artifact is tried beside the active one, for this partition, from here on; or none is."""

    ce_type: ClassVar[str] = "penstock.model.challenger_set.v1"

    model: SubjectId = Field(description="What it does, as in categories.")
    version: Name | None = Field(default=None, description="Absent where none is tried any more.")
    sha256: Sha256 | None = Field(default=None, description="Given whenever the version is.")
    share_percent: Annotated[int, Field(ge=0, le=50)] = Field(
        default=0,
        description="The share of users, by a hash, for whom it decides; with 0 it is only held "
        "against the active one.",
    )
    days: Annotated[int, Field(ge=1, le=365)] = Field(
        default=14, description="After so many days it decides nothing and is compared no more."
    )

    @model_validator(mode="after")
    def _named_whole(self) -> Self:
        if (self.version is None) != (self.sha256 is None):
            raise PydanticCustomError("inconsistent", "version and sha256 go together")
        if self.version is None and self.share_percent:
            raise PydanticCustomError("inconsistent", "a share of users needs an artifact")
        return self


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
    learned_categories: bool = Field(
        default=True,
        description="If not, categories come of filing rules, providers' hints and the dictionary.",
    )


class PolicyActivated(Event):
    """A policy takes effect, for this partition, from here on."""

    ce_type: ClassVar[str] = "penstock.policy.activated.v1"

    version: Name
    policy: Policy


_WEIGHT_MAX = 2**53


class Lesson(Fact):
    """What somebody called payments to a merchant, or does not call them so any more."""

    merchant_key: Annotated[str, Field(min_length=1, max_length=64)]
    category: CategoryId
    weight: Annotated[int, Field(ge=-_WEIGHT_MAX, le=_WEIGHT_MAX)] = Field(
        description="Doubles with each year, so that old lessons fade; below zero, it undoes one."
    )


class JudgedAnswer(Fact):
    """How sure the evidence was of an answer, in per cent, and whether it was right."""

    percent: Annotated[int, Field(ge=0, le=100)]
    is_right: bool
    weight: Annotated[int, Field(ge=1, le=_WEIGHT_MAX)]


class LessonsTaught(Event):
    """What answers of users teach all users of this partition, from here on; it names nobody."""

    ce_type: ClassVar[str] = "penstock.lessons.taught.v1"

    lessons: Annotated[tuple[Lesson, ...], Field(max_length=500)] = ()
    judged: Annotated[tuple[JudgedAnswer, ...], Field(max_length=500)] = ()


class UserErased(UserEvent):
    """A user's data is to be forgotten."""

    ce_type: ClassVar[str] = "penstock.user.erased.v1"

    user_id: UserId
    request_id: SubjectId

    def identity(self) -> tuple[str, ...]:
        """Trust the request's id."""
        return (self.user_id, self.request_id)
