"""The life of an alert: raised, updated, resolved or retracted."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from schemas.arguments import Arguments, TransactionRef
from schemas.event import Fact, UserEvent
from schemas.fields import Instant, Name, Revision, SubjectId, UserId
from schemas.preferences import TimeZone

Severity = Literal["info", "warning", "error", "critical"]


class Contribution(Fact):
    """One addend of a score, as a figure and as a sentence."""

    name: Name
    score_milli: int
    sentence: Annotated[str, Field(max_length=500)]


class Evidence(Fact):
    """Why the alert: what was measured, against what, and what would have kept it quiet."""

    score_milli: int | None = Field(default=None, description="The sum of the contributions.")
    threshold_milli: int | None = None
    contributions: tuple[Contribution, ...] = ()
    compared_with: Annotated[str, Field(max_length=500)] = Field(
        description="The comparison set, in words."
    )
    transactions: tuple[TransactionRef, ...] = ()
    quiet_below: Arguments = Field(
        default_factory=dict, description="The alert would not have been raised below these."
    )


class Alert(UserEvent):
    """What an alert says at one revision."""

    alert_id: SubjectId
    dedup_key: Annotated[str, Field(max_length=64, pattern=r"^[\x21-\x7e]+$")]
    revision: Revision
    user_id: UserId
    rule_id: SubjectId
    rule_version: int
    category: Literal["spending", "balance", "security", "bills", "income", "plan"]
    severity: Severity
    title_key: Name
    body_key: Name
    args: Arguments
    title: Name
    body: Annotated[str, Field(max_length=1_000)]
    link: Annotated[str, Field(pattern=r"^/[A-Za-z0-9/_.~-]*$")]
    evidence: Evidence
    expires_at: Instant = Field(description="Not worth delivering after this.")
    quiet_hours_ok: bool = Field(description="Worth waking somebody.")
    timezone: TimeZone | None = None
    channel_hints: tuple[Literal["push", "email", "in_app"], ...] = ()

    def identity(self) -> tuple[str, ...]:
        """Name one revision of one alert."""
        return (self.user_id, self.alert_id, str(self.revision))


class AlertRaised(Alert):
    """Something needs the user's eye; the only one of the four worth a notification."""

    ce_type: ClassVar[str] = "penstock.alert.raised.v1"

    status: Literal["raised"] = "raised"


class AlertUpdated(Alert):
    """What an open alert says has changed; nobody needs to be woken again."""

    ce_type: ClassVar[str] = "penstock.alert.updated.v1"

    status: Literal["updated"] = "updated"


class AlertResolved(Alert):
    """What the alert was about is over."""

    ce_type: ClassVar[str] = "penstock.alert.resolved.v1"

    status: Literal["resolved"] = "resolved"


class AlertRetracted(Alert):
    """The alert should not have been: its cause was taken back."""

    ce_type: ClassVar[str] = "penstock.alert.retracted.v1"

    status: Literal["retracted"] = "retracted"
