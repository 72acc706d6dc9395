"""The life of an insight: published, updated, expired."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from schemas.arguments import Arguments, TransactionRef
from schemas.event import UserEvent
from schemas.fields import CalendarDate, Name, Revision, SubjectId, UserId


class Insight(UserEvent):
    """What an insight says at one revision; its text is rendered from its facts."""

    insight_id: SubjectId
    revision: Revision
    user_id: UserId
    kind: SubjectId
    title: Name
    text: Annotated[str, Field(max_length=2_000)]
    facts: Arguments
    evidence: tuple[TransactionRef, ...] = ()
    expires_on: CalendarDate

    def identity(self) -> tuple[str, ...]:
        """Name one revision of one insight."""
        return (self.user_id, self.insight_id, str(self.revision))


class InsightPublished(Insight):
    """Something worth knowing about the user's money."""

    ce_type: ClassVar[str] = "penstock.insight.published.v1"

    status: Literal["published"] = "published"


class InsightUpdated(Insight):
    """The facts of a published insight changed enough to say so."""

    ce_type: ClassVar[str] = "penstock.insight.updated.v1"

    status: Literal["updated"] = "updated"


class InsightExpired(Insight):
    """The insight is no longer of use."""

    ce_type: ClassVar[str] = "penstock.insight.expired.v1"

    status: Literal["expired"] = "expired"
