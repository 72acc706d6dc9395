"""A year of made-up households through the real chain: published day by day, read back, counted."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from confluent_kafka import Consumer, Producer

from sample.households import Day, Truth, households
from schemas.accounts import AccountUpdated
from schemas.cloudevents import binary_headers
from schemas.event import UserEvent
from schemas.ids import deterministic_id
from schemas.topics import OUTPUTS, TOPIC_OF
from schemas.transactions import TransactionImported
from streams.kafka_clients import client_settings
from streams.names import Names

_POLL_S = 0.05
_RECORDS_AT_ONCE = 2_000


@dataclass(slots=True)
class Outcome:
    """What has been published so far, and what has come out."""

    published: Counter[str] = field(default_factory=Counter)
    identities: set[tuple[str, str, str]] = field(default_factory=set)
    opening_minor: dict[str, int] = field(default_factory=dict)
    enriched: dict[tuple[str, str, str], dict[str, object]] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    ids: set[bytes] = field(default_factory=set)
    repeated_ids: int = 0
    alerts: dict[str, dict[str, object]] = field(default_factory=dict)
    insights: list[dict[str, object]] = field(default_factory=list)
    forecasts: list[dict[str, object]] = field(default_factory=list)

    @property
    def caught_up(self) -> bool:
        """Say whether every transaction published has come out."""
        return len(self.enriched) >= len(self.identities)


class Publisher:
    """Publishes events as a producer would: keyed by user, with an id of its own."""

    def __init__(self, bootstrap: str, names: Names) -> None:
        self._names = names
        self._producer = Producer(
            {**client_settings(bootstrap), "enable.idempotence": True, "linger.ms": 5}
        )

    def publish(self, events: tuple[UserEvent, ...], outcome: Outcome) -> None:
        """Publish events in order."""
        for event in events:
            attributes = {
                "id": deterministic_id("sample", event.identity()),
                "source": "/penstock/sample",
                "type": event.ce_type,
            }
            self._producer.produce(
                self._names.of(TOPIC_OF[type(event)]),
                event.to_json(),
                event.user_id,
                headers=list(binary_headers(attributes)),
            )
            outcome.published[event.ce_type] += 1
            if isinstance(event, TransactionImported):
                identity = (event.user_id, event.account_id, event.transaction_id)
                outcome.identities.add(identity)
            elif isinstance(event, AccountUpdated):
                outcome.opening_minor.setdefault(event.account_id, event.balance_minor or 0)
        self._producer.flush(30)


class Reader:
    """Reads the outputs as a notification service would: committed records only."""

    def __init__(self, bootstrap: str, names: Names) -> None:
        self._consumer = Consumer(
            {
                **client_settings(bootstrap),
                "group.id": "penstock-demo-reader",
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )
        self._consumer.subscribe([names.of(topic) for topic in OUTPUTS])

    def read(self, outcome: Outcome) -> int:
        """Take in what has arrived; gives how many records that were."""
        messages = self._consumer.consume(_RECORDS_AT_ONCE, _POLL_S)
        for message in messages:
            if message.error() is None:
                headers = dict(message.headers() or [])
                _take_in(outcome, headers, json.loads(message.value() or b"{}"))
        return len(messages)

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()


def _take_in(
    outcome: Outcome, headers: dict[str, bytes | str | None], body: dict[str, object]
) -> None:
    event_id = headers["ce_id"]
    kind = headers["ce_type"]
    assert isinstance(event_id, bytes)
    assert isinstance(kind, bytes)
    outcome.repeated_ids += event_id in outcome.ids
    outcome.ids.add(event_id)
    name = kind.decode().removeprefix("penstock.")
    outcome.events[name] += 1
    if name.startswith("transaction."):
        identity = (str(body["user_id"]), str(body["account_id"]), str(body["transaction_id"]))
        outcome.enriched[identity] = body
    elif name.startswith("alert."):
        outcome.alerts[str(body["alert_id"])] = body
    elif name.startswith("insight."):
        outcome.insights.append(body)
    else:
        outcome.forecasts.append(body)


@dataclass(frozen=True, slots=True)
class Life:
    """The households whose year is played."""

    users: int
    months: int
    seed: int
    start: date = date(2025, 1, 1)

    def weeks(self) -> tuple[Iterator[tuple[UserEvent, ...]], Callable[[], Truth]]:
        """Give the events week by week, and the truth about them once they are through."""
        lives = households(self.users, self.months, self.seed, self.start)

        def week_of(day: Day) -> int:
            return (day.day - self.start).days // 7

        def weeks() -> Iterator[tuple[UserEvent, ...]]:
            for _, days in groupby(lives, key=week_of):
                yield tuple(event for day in days for event in day.events)

        return weeks(), lambda: lives.truth


@dataclass(frozen=True, slots=True)
class Check:
    """A count that must add up."""

    what: str
    expected: int
    found: int

    @property
    def holds(self) -> bool:
        """Say whether it does."""
        return self.expected == self.found


def checks(outcome: Outcome, truth: Truth) -> list[Check]:
    """Hold what came out against the truth."""
    live = [body for body in outcome.enriched.values() if body["status"] != "removed"]
    balances: Counter[str] = Counter()
    for body in live:
        balances[str(body["account_id"])] += int(str(body["amount_minor"]))
    right = sum(
        outcome.opening_minor[account] + balances[account] == closing
        for account, closing in truth.balances_minor.items()
    )
    return [
        Check("transactions, each once", truth.transactions, len(outcome.enriched)),
        Check(
            "live transactions, without removed ones and replaced holds",
            truth.transactions - truth.removals - truth.twins,
            len(live),
        ),
        Check("events that came out twice", 0, outcome.repeated_ids),
        Check("accounts whose money adds up to the cent", len(truth.balances_minor), right),
    ]
