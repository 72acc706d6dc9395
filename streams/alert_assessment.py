"""Holding the alerts that were raised against what people should have heard of."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from processors.alert_rules import RULES
from sample.truth import TrueEvent
from streams.assessment import Share, Truth
from streams.outcome import Identity, Raised

KINDS_OF_RULE: Mapping[str, frozenset[str]] = {
    "unusual_payment": frozenset(
        {
            *("card_testing", "dormant_account", "new_payee_large"),
            *("unusual_amount", "unusual_hour", "unusual_place"),
        }
    ),
    "low_balance": frozenset({"low_balance"}),
    "duplicate_charge": frozenset({"duplicate_charge"}),
    "card_testing": frozenset({"card_testing"}),
    "velocity": frozenset({"card_testing"}),
    "unusual_place": frozenset({"unusual_place", "card_testing"}),
    "dormant_account": frozenset({"dormant_account"}),
    "new_payee_large": frozenset({"new_payee_large"}),
    "unusual_cash": frozenset({"dormant_account"}),
    "balance_mismatch": frozenset(),
}
"""Which true events a rule is there for. Of a kind that no rule names, nobody hears so far."""

_HEARD_WITHIN = timedelta(days=7)
# Who counts what is pending knows before it is posted.
_HEARD_BEFORE = timedelta(days=5)


@dataclass(slots=True)
class AlertAssessment:
    """The alerts raised for a town, beside what was true."""

    truth: Truth
    raised: list[Raised]
    _events: defaultdict[str, list[TrueEvent]] = field(init=False)
    """What each user should hear of."""
    _raised: defaultdict[str, list[Raised]] = field(init=False)

    def __post_init__(self) -> None:
        self._events, self._raised = defaultdict(list), defaultdict(list)
        for event in self.truth.events.values():
            if event.expected:
                self._events[event.user_id].append(event)
        for raised in self.raised:
            self._raised[str(raised.body["user_id"])].append(raised)

    def by_rule(self) -> dict[str, dict[str, Any]]:
        """Say of each rule how many of its events it caught, and how often it spoke for nothing."""
        told = {}
        for rule in RULES:
            events = [
                event
                for event in self.truth.events.values()
                if event.expected and event.kind in KINDS_OF_RULE.get(rule.id, ())
            ]
            own = [raised for raised in self.raised if raised.body["rule_id"] == rule.id]
            told[rule.id] = {
                "events": len(events),
                "recall": Share(sum(map(self.is_caught, events)), len(events)).ratio,
                "raised": len(own),
                "false": sum(not self.is_right(raised) for raised in own),
            }
        return told

    def by_kind(self) -> dict[str, dict[str, Any]]:
        """Say of each kind of event that a rule is there for how many were told of, by any."""
        heard = frozenset[str]().union(*KINDS_OF_RULE.values())
        events = defaultdict(list)
        for event in self.truth.events.values():
            if event.expected and event.kind in heard:
                events[event.kind].append(self.is_caught(event))
        return {
            kind: {"events": len(caught), "recall": Share(sum(caught), len(caught)).ratio}
            for kind, caught in sorted(events.items())
        }

    def caught(self) -> Share:
        """Count the events that people should hear of, and those that they did hear of."""
        events = [event for events in self._events.values() for event in events]
        return Share(sum(map(self.is_caught, events)), len(events))

    def wanted(self) -> Share:
        """Count the alerts, and those that somebody wanted to hear."""
        return Share(len(self.raised) - len(self.false()), len(self.raised))

    def unheard(self) -> dict[str, int]:
        """Count the events of kinds that no rule is there for."""
        heard = {kind for kinds in KINDS_OF_RULE.values() for kind in kinds}
        kinds = Counter(event.kind for events in self._events.values() for event in events)
        return {kind: kinds[kind] for kind in sorted(kinds.keys() - heard)}

    def false(self) -> list[Raised]:
        """List the alerts that nobody would want to have been woken by."""
        return [raised for raised in self.raised if not self.is_right(raised)]

    def repeated(self) -> int:
        """Count alerts that were raised again under the same key."""
        keys = Counter((own.body["user_id"], own.body["dedup_key"]) for own in self.raised)
        return sum(count - 1 for count in keys.values())

    def about_backfill(self) -> int:
        """Count alerts about history that was imported."""
        true = self.truth.transactions
        return sum(
            any(own in true and true[own].is_backfill for own in _about(raised))
            for raised in self.raised
        )

    def is_right(self, raised: Raised) -> bool:
        """Say whether a person would want to have heard of it."""
        kinds = KINDS_OF_RULE.get(str(raised.body["rule_id"]), frozenset())
        events = self._events[str(raised.body["user_id"])]
        return any(event.kind in kinds and self._matches(event, raised) for event in events)

    def is_caught(self, event: TrueEvent) -> bool:
        """Say whether a rule that is there for it told of an event."""
        return any(
            event.kind in KINDS_OF_RULE.get(str(raised.body["rule_id"]), ())
            and self._matches(event, raised)
            for raised in self._raised[event.user_id]
        )

    def _matches(self, event: TrueEvent, raised: Raised) -> bool:
        """Say whether an alert is about an event: by its transactions, or else by its days."""
        ours = set(self.truth.of_event.get(event.event_id, ()))
        if (theirs := _about(raised)) and ours:
            return not ours.isdisjoint(theirs)
        account = raised.body["args"].get("account")
        if account is not None and account["text"] != event.account_id:
            return False
        return event.known_on - _HEARD_BEFORE <= raised.day <= event.known_on + _HEARD_WITHIN


def _about(raised: Raised) -> set[Identity]:
    user_id = str(raised.body["user_id"])
    return {
        (user_id, str(own["account_id"]), str(own["transaction_id"]))
        for own in raised.body["evidence"].get("transactions", ())
    }
