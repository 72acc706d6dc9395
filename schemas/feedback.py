"""What a person, or the app in front of them, says of what Penstock published."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.event import Fact, UserEvent
from schemas.fields import (
    AccountId,
    CategoryId,
    Instant,
    Revision,
    SubjectId,
    TransactionId,
    UserId,
)


class AboutCategory(Fact):
    """A person filed a transaction, or said whether our filing was right."""

    kind: Literal["category"]
    verdict: Literal["set", "accepted", "rejected", "withdrawn"] = Field(
        description="withdrawn takes back what was said of the transaction before."
    )
    account_id: AccountId
    transaction_id: TransactionId
    category: CategoryId | None = Field(default=None, description="Needed by the verdict set.")

    @model_validator(mode="after")
    def _set_names_a_category(self) -> "AboutCategory":
        if self.verdict == "set" and self.category is None:
            raise PydanticCustomError("inconsistent", "the verdict set needs a category")
        return self


AlertScope = Literal["merchant", "amount", "rule"]


class AboutAlert(Fact):
    """A person judged an alert, or the app says what became of it."""

    kind: Literal["alert"]
    verdict: Literal["normal", "dismissed", "useful", "delivered", "suppressed"] = Field(
        description="normal ends the alert, and nothing like it is raised again; dismissed ends "
        "it, and nothing like it is raised for 60 days; useful takes either back. "
        "delivered and suppressed are the app's own doing."
    )
    alert_id: SubjectId
    scope: AlertScope | None = Field(
        default=None,
        description="How much is like it, for normal and dismissed: all of the rule about the same "
        "merchant or account, which is meant when left out; of that, only amounts up to a quarter "
        "more; or the whole rule. An alert about no merchant and no account is like its amounts.",
    )


class AboutFraud(Fact):
    """A person confirmed or denied that a transaction was fraud."""

    kind: Literal["fraud"]
    verdict: Literal["confirmed", "denied"] = Field(
        description="Both end the open alerts that name the transaction: "
        "confirmed resolves them, denied retracts them."
    )
    account_id: AccountId
    transaction_id: TransactionId


class AboutRecurring(Fact):
    """A person confirmed or muted a series of recurring payments."""

    kind: Literal["recurring"]
    verdict: Literal["confirmed", "muted"]
    series_id: SubjectId


class AboutTransfer(Fact):
    """A person confirmed or rejected that two transactions are one transfer."""

    kind: Literal["transfer"]
    verdict: Literal["confirmed", "rejected"]
    account_id: AccountId
    transaction_id: TransactionId
    other_account_id: AccountId
    other_transaction_id: TransactionId


class AboutInsight(Fact):
    """A person said whether an insight was of use."""

    kind: Literal["insight"]
    verdict: Literal["useful", "not_useful"]
    insight_id: SubjectId


About = Annotated[
    AboutCategory | AboutAlert | AboutFraud | AboutRecurring | AboutTransfer | AboutInsight,
    Field(discriminator="kind"),
]


class FeedbackGiven(UserEvent):
    """A person, or an app for them, answered something that Penstock published."""

    ce_type: ClassVar[str] = "penstock.feedback.given.v1"

    feedback_id: SubjectId = Field(description="The producer's own id; equal for a repeat.")
    user_id: UserId
    revision: Revision = Field(
        description="Grows with each answer to the same subject; a smaller one is stale."
    )
    given_at: Instant | None = None
    about: About

    def identity(self) -> tuple[str, ...]:
        """Trust the producer's id."""
        return (self.user_id, self.feedback_id, str(self.revision))
