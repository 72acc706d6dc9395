"""What came out of the chain for a history that was fed to it, as a reader has it in the end."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from schemas.accounts import AccountUpdated
from schemas.event import UserEvent
from schemas.transactions import TransactionImported

Identity = tuple[str, str, str]
"""User, account and transaction id."""


class Raised(NamedTuple):
    """An alert as it was raised, and on which day of the history it came out."""

    day: date
    body: Mapping[str, Any]


@dataclass(slots=True)
class Outcome:
    """What has been published so far, and what has come out."""

    published: Counter[str] = field(default_factory=Counter)
    identities: set[Identity] = field(default_factory=set)
    opening_minor: dict[str, int] = field(default_factory=dict)
    enriched: dict[Identity, Mapping[str, Any]] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    ids: set[bytes] = field(default_factory=set)
    repeated_ids: int = 0
    raised: list[Raised] = field(default_factory=list)
    alerts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    insights: list[Mapping[str, Any]] = field(default_factory=list)
    forecasts: list[Mapping[str, Any]] = field(default_factory=list)
    set_aside: int = 0
    """How many records became dead letters."""
    today: date = date.min
    """The day of the history that has been published last."""

    @property
    def caught_up(self) -> bool:
        """Say whether every transaction published has come out."""
        return len(self.enriched) >= len(self.identities)

    def sent(self, event: UserEvent) -> None:
        """Take note of what was published."""
        self.published[event.ce_type] += 1
        if isinstance(event, TransactionImported):
            self.identities.add((event.user_id, event.account_id, event.transaction_id))
        elif isinstance(event, AccountUpdated):
            self.opening_minor.setdefault(event.account_id, event.balance_minor or 0)

    def came(self, headers: Mapping[str, Any], value: bytes) -> None:
        """Take in an event that came out."""
        event_id, body = bytes(headers["ce_id"]), json.loads(value)
        self.repeated_ids += event_id in self.ids
        self.ids.add(event_id)
        name = bytes(headers["ce_type"]).decode().removeprefix("penstock.")
        self.events[name] += 1
        match name.split("."):
            case ["transaction", *_]:
                self.enriched[identity_of(body)] = body
            case ["alert", happened, *_]:
                self.alerts[str(body["alert_id"])] = body
                if happened == "raised":
                    self.raised.append(Raised(self.today, body))
            case ["insight", *_]:
                self.insights.append(body)
            case _:
                self.forecasts.append(body)

    def live(self) -> dict[Identity, Mapping[str, Any]]:
        """Give the transactions that count."""
        return {own: body for own, body in self.enriched.items() if body["status"] != "removed"}


def identity_of(body: Mapping[str, Any]) -> Identity:
    """Give what an enriched transaction, or the truth of one, is about."""
    return str(body["user_id"]), str(body["account_id"]), str(body["transaction_id"])


def moved_minor(live: Mapping[Identity, Mapping[str, Any]]) -> Counter[str]:
    """Add up by account what transactions moved."""
    moved: Counter[str] = Counter()
    for (_, account_id, _), body in live.items():
        moved[account_id] += int(body["amount_minor"])
    return moved
