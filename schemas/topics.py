"""The one table of topics: what flows where, who writes it, and how long it stays.

Topic creation, `docs/events.md`, `docs/asyncapi.yaml` and `docs/schemas/` are made from it.
"""

from dataclasses import dataclass
from typing import Literal

from schemas.accounts import AccountUpdated
from schemas.alerts import AlertRaised, AlertResolved, AlertRetracted, AlertUpdated
from schemas.event import Event
from schemas.feedback import FeedbackGiven
from schemas.forecasts import ForecastMade
from schemas.insights import InsightExpired, InsightPublished, InsightUpdated
from schemas.journal import (
    ChallengerSet,
    DayPassed,
    LessonsTaught,
    ModelActivated,
    PolicyActivated,
    UserErased,
)
from schemas.preferences import SettingsChanged
from schemas.transactions import TransactionEnriched, TransactionImported

DAY_MS = 86_400_000
KEEP = -1


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic by its name before the prefix of the settings."""

    name: str
    purpose: str
    events: tuple[type[Event], ...]
    role: Literal["input", "journal", "output", "artifacts", "dead_letters"]
    written_by: str
    key: str = "user_id"
    retention_ms: int = KEEP
    compacted: bool = False
    timed_by_the_broker: bool = False
    message_bytes_max: int = 1_048_588

    def named(self, prefix: str) -> str:
        """Give the name that the broker knows."""
        return prefix + self.name

    @property
    def config(self) -> dict[str, str]:
        """Give the broker's settings for this topic."""
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.message_bytes_max),
            "message.timestamp.type": (
                "LogAppendTime" if self.timed_by_the_broker else "CreateTime"
            ),
        }


TRANSACTIONS = Topic(
    "transactions.imported",
    "Transactions, and corrections of them, as producers read them from banks.",
    (TransactionImported,),
    "input",
    "producers",
    retention_ms=30 * DAY_MS,
)
ACCOUNTS = Topic(
    "accounts.updated",
    "What banks say of accounts: balance, limit, how far the feed is complete.",
    (AccountUpdated,),
    "input",
    "producers",
    retention_ms=30 * DAY_MS,
)
FEEDBACK = Topic(
    "feedback.given",
    "What people say of categories, alerts and insights.",
    (FeedbackGiven,),
    "input",
    "apps",
    retention_ms=30 * DAY_MS,
)
SETTINGS = Topic(
    "settings.changed",
    "What people prefer: budgets, goals, rules, quiet hours.",
    (SettingsChanged,),
    "input",
    "apps",
    retention_ms=30 * DAY_MS,
)
INPUTS = (TRANSACTIONS, ACCOUNTS, FEEDBACK, SETTINGS)
INPUT_EVENTS = tuple(event for topic in INPUTS for event in topic.events)

JOURNAL = Topic(
    "journal",
    "Everything that decides state, in the order that counts; the only source of truth.",
    (
        *INPUT_EVENTS,
        DayPassed,
        LessonsTaught,
        ModelActivated,
        ChallengerSet,
        PolicyActivated,
        UserErased,
    ),
    "journal",
    "intake, ticker, ledger, ops",
    # So that no worker's wrong clock can let days pass that are still to come.
    timed_by_the_broker=True,
)
ENRICHED = Topic(
    "transactions.enriched",
    "Each transaction as Penstock sees it, again whenever that view changes.",
    (TransactionEnriched,),
    "output",
    "ledger",
    retention_ms=30 * DAY_MS,
)
ALERTS = Topic(
    "alerts",
    "The life of alerts; only AlertRaised is worth a notification.",
    (AlertRaised, AlertUpdated, AlertResolved, AlertRetracted),
    "output",
    "ledger",
    retention_ms=90 * DAY_MS,
)
INSIGHTS = Topic(
    "insights",
    "The life of insights.",
    (InsightPublished, InsightUpdated, InsightExpired),
    "output",
    "ledger",
    retention_ms=90 * DAY_MS,
)
FORECASTS = Topic(
    "forecasts",
    "Forecasts with their intervals and drivers.",
    (ForecastMade,),
    "output",
    "ledger",
    retention_ms=90 * DAY_MS,
)
OUTPUTS = (ENRICHED, ALERTS, INSIGHTS, FORECASTS)

MODELS = Topic(
    "models",
    "Trained artifacts, by name and content hash.",
    (),
    "artifacts",
    "penstock train",
    key="name and SHA-256",
    compacted=True,
    message_bytes_max=16 * 1_048_576,
)


def dead_letters_of(topic: Topic) -> Topic:
    """Give the topic where records of *topic* that cannot be used wait for a person."""
    return Topic(
        f"{topic.name}.dlq",
        f"Records of {topic.name} that could not be used: bytes untouched, reason in headers.",
        (),
        "dead_letters",
        "ledger" if topic is JOURNAL else "intake",
        key="as received",
        # A record as large as its topic allows, and headers beside it.
        message_bytes_max=2 * topic.message_bytes_max,
        # The journal's dead letters are the skip list of every refold: they live as long as it.
        retention_ms=KEEP if topic is JOURNAL else 90 * DAY_MS,
    )


TOPICS = (
    *INPUTS,
    JOURNAL,
    *OUTPUTS,
    MODELS,
    *(dead_letters_of(topic) for topic in (*INPUTS, JOURNAL)),
)

TOPIC_OF: dict[type[Event], Topic] = {
    event: topic for topic in (*INPUTS, *OUTPUTS) for event in topic.events
}
EVENT_OF_TYPE: dict[str, type[Event]] = {
    event.ce_type: event for topic in TOPICS for event in topic.events
}
