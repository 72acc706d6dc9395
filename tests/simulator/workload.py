"""What producers send: few users, small alphabets, so that events meet, repeat and conflict."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sample.dice import Dice
from schemas.cloudevents import binary_headers
from schemas.journal import Detection, ModelActivated, Policy, PolicyActivated
from schemas.topics import ACCOUNTS, FEEDBACK, JOURNAL, SETTINGS, TRANSACTIONS
from streams.artifacts import message_of
from streams.journal import own_message
from streams.names import Names
from streams.protocols import Message
from tests.simulator.trap import MARK
from tests.tiny_artifacts import FIRST, named

BASE = date(2025, 1, 20)

POLICY = PolicyActivated(
    version="eager",
    policy=Policy(detection=Detection(name="eager", threshold_milli=2_000, history=2)),
)
"""With it a few payments are enough for an alert."""


def policy_messages(count: int) -> list[Message]:
    """Activate the policy in each partition of the journal."""
    return [
        own_message(JOURNAL.name, POLICY, number, (number, "eager"), "/penstock/ops")
        for number in range(count)
    ]


def activation_messages(count: int) -> list[Message]:
    """Activate the artifact in each partition of the journal."""
    event = ModelActivated(**named(FIRST)._asdict())
    return [
        own_message(JOURNAL.name, event, number, (number, "artifact"), "/penstock/ops")
        for number in range(count)
    ]


ARTIFACT = message_of(Names(), named(FIRST), FIRST.to_bytes())
"""What the topic `models` holds once it is published."""


class Workload:
    """Draws what is sent, one record after another."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._users = [f"household-{number}" for number in range(dice.between(4, 8))]
        self._sent: list[Message] = []
        self._paid: list[dict[str, Any]] = []
        self._days_a_step = dice.one_of((0, 0, 1, 1, 2))
        self._poison_permille = dice.one_of((0, 20, 100))
        self._trap_permille = dice.one_of((0, 0, 30, 200))
        self._day = 0

    def records(self, count: int) -> Iterator[Message]:
        """Draw *count* records."""
        for _ in range(count):
            yield self._record()

    def _record(self) -> Message:
        dice = self._dice
        if self._sent and dice.permille(150):
            return dice.one_of(self._sent)
        if dice.permille(self._poison_permille):
            return self._poison()
        self._day += dice.below(self._days_a_step + 1)
        kinds = {self._transaction: 16, self._account: 2, self._settings: 2}
        make = dice.weighted({**kinds, self._feedback: 5} if self._paid else kinds)
        message: Message = make(dice.one_of(self._users))
        self._sent.append(message)
        return message

    def _poison(self) -> Message:
        topic = self._dice.one_of((TRANSACTIONS, ACCOUNTS, SETTINGS, FEEDBACK, JOURNAL)).name
        value = self._dice.one_of((b"", b"{", b'{"user_id":"household-0"}', b"\xff\x00", None))
        key = self._dice.one_of((None, b"household-0"))
        return Message(topic, key, value, [])

    def _transaction(self, user: str) -> Message:
        dice = self._dice
        event = {
            "transaction_id": f"t{dice.below(12)}",
            "user_id": user,
            "account_id": dice.one_of(("checking", "savings")),
            "amount_minor": dice.one_of((-100, -100, -105, -130, -5_000, -90_000, 1, 230_000)),
            "currency": dice.one_of(("EUR", "EUR", "USD")),
            "booked_on": self._date(),
            "description": self._description(),
            "status": dice.one_of(("posted", "posted", "posted", "pending", "removed")),
        }
        if dice.permille(300):
            event["revision"] = dice.below(4)
        if event["status"] == "posted" and dice.permille(200):
            event["pending_transaction_id"] = f"t{dice.below(12)}"
        if dice.permille(100):
            event["backfill"] = True
        self._paid.append(event)
        return self._message(TRANSACTIONS.name, user, event)

    def _description(self) -> str:
        if self._dice.permille(self._trap_permille):
            return MARK
        return self._dice.one_of(("CARD PAYMENT 123", "coffee bar", "SALARY"))

    def _account(self, user: str) -> Message:
        event = {
            "account_id": self._dice.one_of(("checking", "savings")),
            "user_id": user,
            "type": "checking",
            "currency": "EUR",
            "balance_minor": self._dice.one_of((-500, 0, 9_999, 300_000)),
            "as_of": f"{self._date()}T23:30:00Z",
            "revision": self._dice.below(5),
        }
        return self._message(ACCOUNTS.name, user, event)

    def _settings(self, user: str) -> Message:
        rules = [{"rule_id": "low_balance", "parameters": {"below_minor": 200_000}}]
        event = {
            "change_id": f"c{self._dice.below(3)}",
            "user_id": user,
            "revision": self._dice.below(5),
            "preferences": {"alert_rules": rules},
        }
        return self._message(SETTINGS.name, user, event)

    def _feedback(self, _user: str) -> Message:
        """Say of something that was paid what it is: this teaches others, too."""
        paid = self._dice.one_of(self._paid)
        about = {
            "kind": "category",
            "verdict": self._dice.one_of(("set", "set", "accepted", "rejected", "withdrawn")),
            "account_id": paid["account_id"],
            "transaction_id": paid["transaction_id"],
        }
        if about["verdict"] == "set":
            about["category"] = self._dice.one_of(("dining.coffee", "shopping.other", "no.such"))
        event = {
            "feedback_id": f"f{self._dice.below(3)}",
            "user_id": paid["user_id"],
            "revision": self._dice.below(8),
            "about": about,
        }
        return self._message(FEEDBACK.name, paid["user_id"], event)

    def _message(self, topic: str, user: str, event: dict[str, Any]) -> Message:
        # Some producers have no key; the journal's order does not rest on theirs.
        key = user.encode() if self._dice.permille(800) else None
        headers = []
        if self._dice.permille(200):
            attributes = {"id": f"p{self._dice.below(1_000)}", "source": "/bank"}
            headers = binary_headers({**attributes, "type": TYPES[topic]})
        return Message(topic, key, json.dumps(event).encode(), headers)

    def _date(self) -> str:
        return (BASE + timedelta(days=self._day - self._dice.below(3))).isoformat()


TYPES = {
    topic.name: topic.events[0].ce_type for topic in (TRANSACTIONS, ACCOUNTS, SETTINGS, FEEDBACK)
}
