"""Journal entries that no producer sends: time, artifacts, policy and erasure."""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.event import Event, Fact, UserEvent
from schemas.fields import CalendarDate, CategoryId, Currency, Name, SubjectId, UserId
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


SignName = Literal[
    "amount", "size", "hour", "share", "day", "pattern", "burst_short", "burst_long"
]  # fmt: skip
"""What may be unusual of a payment, in the order in which signs are written."""


class SignWeight(Fact):
    """How much a sign counts."""

    sign: SignName
    milli: Annotated[int, Field(ge=0, le=10_000)] = Field(description="Times a thousand.")


class Detection(Fact):
    """A configuration of the detector of unusual payments."""

    name: Name = Field(default="built-in", description="Another name, another configuration.")
    threshold_milli: Annotated[int, Field(ge=2_000, le=60_000)] = Field(
        default=13_000,
        description="Surprise, in thousandths of a nat, from which a payment is unusual at first; "
        "it moves until alerts are as many as are wanted.",
    )
    alerts_a_month_milli: Annotated[int, Field(ge=10, le=30_000)] = Field(
        default=1_000, description="Alerts for a user in 30 days, in thousandths."
    )
    history: Annotated[int, Field(ge=2, le=10_000)] = Field(
        default=10, description="How many payments of the user's must be known before."
    )
    weights: Annotated[tuple[SignWeight, ...], Field(max_length=8)] = Field(
        default=(), description="How much signs count at first, unless as usual."
    )

    @property
    def threshold(self) -> float:
        """Give the threshold at first, in nats."""
        return self.threshold_milli / 1_000

    @property
    def alerts_a_month(self) -> float:
        """Give how many alerts a user may get in 30 days."""
        return self.alerts_a_month_milli / 1_000


class Policy(Fact):
    """Thresholds and parameters of the fold, for all users of a partition."""

    detection: Detection = Field(
        default_factory=Detection, description="What decides when a payment is unusual."
    )
    shadow_detection: Detection | None = Field(
        default=None,
        description="Tried beside it without effect, and compared; promoted by being named as "
        "detection in a later policy.",
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


_Measure = Annotated[int, Field(ge=-100_000_000, le=100_000_000)]
_Weight = Annotated[int, Field(ge=0, le=1_000)]


class SeenPayment(Fact):
    """What somebody paid for, and how unusual it was for them."""

    currency: Currency
    category: CategoryId
    hour: Annotated[int, Field(ge=-1, le=23)] = Field(description="-1 where nobody told.")
    measures: Annotated[tuple[_Measure, ...], Field(min_length=5, max_length=5)] = Field(
        description="How far out amount, size, hour, share and day lay, in thousandths."
    )
    weight: _Weight = Field(
        description="As how many payments it counts, itself and those of which nothing is written."
    )
    apart_s: Annotated[int, Field(ge=0, le=30 * 86_400)] = Field(
        description="Seconds since their payment before it."
    )
    told: Literal["raised", "joined"] | None = Field(
        default=None, description="Whether it raised an alert, or joined one; then it teaches not."
    )
    shadow_told: bool = Field(default=False, description="Whether the shadow would have told.")


class KnownPayment(Fact):
    """What a payment turned out to be, and how it had looked."""

    currency: Currency
    pattern: Annotated[str, Field(min_length=1, max_length=100)]
    merchant_key: Annotated[str, Field(max_length=64)] = Field(
        default="", description="Empty where others may not, or need not, learn of it."
    )
    day: Annotated[int, Field(ge=1)] = Field(description="Counted from year 1.")
    is_fraud: bool
    undone: bool = Field(default=False, description="Takes back that it was confirmed as fraud.")
    weight: Annotated[int, Field(ge=1, le=1_000)]
    signs: Annotated[tuple[_Measure, ...], Field(min_length=8, max_length=8)] | None = Field(
        default=None, description="In thousandths of a nat, where they are known still."
    )
    told: bool = Field(default=False, description="Whether the user had been told of it.")
    shadow_told: bool = Field(default=False, description="Whether the shadow would have told.")


Taught = Lesson | JudgedAnswer | SeenPayment | KnownPayment
"""What one user's entries teach all users of the partition."""


class LessonsTaught(Event):
    """What users' entries teach all users of this partition, from here on; it names nobody."""

    ce_type: ClassVar[str] = "penstock.lessons.taught.v1"

    lessons: Annotated[tuple[Lesson, ...], Field(max_length=500)] = ()
    judged: Annotated[tuple[JudgedAnswer, ...], Field(max_length=500)] = ()
    seen: Annotated[tuple[SeenPayment, ...], Field(max_length=500)] = ()
    known: Annotated[tuple[KnownPayment, ...], Field(max_length=500)] = ()

    @classmethod
    def of(cls, taught: Iterable[Taught]) -> Self:
        """Give the entry that teaches these, each kind in its order."""
        kinds: dict[type[Fact], list[Taught]] = {}
        for one in taught:
            kinds.setdefault(type(one), []).append(one)
        return cls(
            lessons=tuple(kinds.get(Lesson, ())),  # type: ignore[arg-type] # By its kind.
            judged=tuple(kinds.get(JudgedAnswer, ())),  # type: ignore[arg-type]
            seen=tuple(kinds.get(SeenPayment, ())),  # type: ignore[arg-type]
            known=tuple(kinds.get(KnownPayment, ())),  # type: ignore[arg-type]
        )


class UserErased(UserEvent):
    """A user's data is to be forgotten."""

    ce_type: ClassVar[str] = "penstock.user.erased.v1"

    user_id: UserId
    request_id: SubjectId

    def identity(self) -> tuple[str, ...]:
        """Trust the request's id."""
        return (self.user_id, self.request_id)
