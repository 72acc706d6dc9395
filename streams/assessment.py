"""Holding what came out of the chain against what was true of the lives that went in."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sample.truth import Row, TrueBalance, TrueEvent, TrueSeries, TrueTransaction
from streams.outcome import Identity, Outcome, moved_minor


class Share(NamedTuple):
    """How many of how many."""

    found: int
    of: int

    @property
    def ratio(self) -> float | None:
        """Give the share; None of nothing."""
        return round(self.found / self.of, 4) if self.of else None


@dataclass(slots=True)
class Truth:
    """All rows of truth that a town has told so far."""

    transactions: dict[Identity, TrueTransaction] = field(default_factory=dict)
    events: dict[str, TrueEvent] = field(default_factory=dict)
    series: dict[str, TrueSeries] = field(default_factory=dict)
    balances: dict[tuple[str, str], TrueBalance] = field(default_factory=dict)
    of_event: defaultdict[str, list[Identity]] = field(default_factory=lambda: defaultdict(list))

    def take_in(self, rows: Iterable[Row]) -> None:
        """Take in what has become known."""
        for row in rows:
            match row:
                case TrueTransaction():
                    self.transactions[row.identity] = row
                    if row.event_id is not None:
                        self.of_event[row.event_id].append(row.identity)
                case TrueEvent():
                    self.events[row.event_id] = row
                case TrueSeries():
                    self.series[row.series_id] = row
                case TrueBalance():
                    self.balances[row.account_id, row.month] = row

    def live(self) -> dict[Identity, TrueTransaction]:
        """Give the transactions that really count at the end."""
        return {own: row for own, row in self.transactions.items() if row.gone_on is None}


@dataclass(frozen=True, slots=True)
class Assessment:
    """What came out, beside the truth."""

    truth: Truth
    outcome: Outcome

    def wrong_accounts(self) -> list[str]:
        """List the accounts whose live transactions do not add up to the truth."""
        live = self.truth.live()
        true = moved_minor({own: row._asdict() for own, row in live.items()})
        found = moved_minor(self.outcome.live())
        return sorted(own for own in {*true, *found} if true[own] != found[own])

    def twins(self) -> Share:
        """Count the pending transactions that were seen to have become posted ones."""
        pairs = [row for row in self.truth.transactions.values() if row.is_pending]
        return self._replaced(row for row in pairs if row.replaced_by is not None)

    def renamed(self) -> Share:
        """Count the transactions that got another id and were seen to be the same."""
        rows = (row for row in self.truth.transactions.values() if not row.is_pending)
        return self._replaced(row for row in rows if row.replaced_by is not None)

    def _replaced(self, rows: Iterable[TrueTransaction]) -> Share:
        live, pairs = self.outcome.live(), list(rows)
        found = sum(own not in live and self._newest(own) in live for own in map(_name, pairs))
        return Share(found, len(pairs))

    def _newest(self, identity: Identity) -> Identity:
        """Give the identity under which a payment ends up, which may have changed twice."""
        user_id, account_id, _ = identity
        while (row := self.truth.transactions.get(identity)) and row.replaced_by is not None:
            identity = (user_id, account_id, row.replaced_by)
        return identity

    def wrongly_gone(self) -> int:
        """Count transactions that are live in truth, and that the chain counts no more."""
        return len(self.truth.live().keys() - self.outcome.live().keys())

    def wrongly_live(self) -> int:
        """Count transactions that the chain still counts, and that are none."""
        return len(self.outcome.live().keys() - self.truth.live().keys())

    def categories(self) -> Share:
        """Count the live transactions that are filed as they should be."""
        live = self.truth.live()
        found = self.outcome.enriched
        both = [own for own in live if own in found]
        right = sum(found[own]["category"] == live[own].category for own in both)
        return Share(right, len(both))

    # Ties between transactions.

    def pairs(self) -> tuple[Share, Share]:
        """Count the transfers of which both legs are tied; of all true ones, and of all tied."""
        legs: defaultdict[tuple[str, str], set[Identity]] = defaultdict(set)
        for own, row in self.truth.live().items():
            if row.transfer_id is not None:
                legs[row.user_id, row.transfer_id].add(own)
        true = {frozenset(pair) for pair in legs.values() if len(pair) == 2}  # noqa: PLR2004 Both.
        return _both_ways(true, self._tied("transfer_pair"))

    def refunds(self) -> tuple[Share, Share]:
        """Count the refunds that are tied to their purchase; of all true ones, and of all tied."""
        true = {
            frozenset({own, self._newest((row.user_id, row.account_id, row.refund_of))})
            for own, row in self.truth.live().items()
            if row.refund_of is not None
        }
        return _both_ways(true, self._tied("refund_of"))

    def _tied(self, kind: str) -> set[frozenset[Identity]]:
        return {
            frozenset({own, (own[0], str(link["account_id"]), str(link["transaction_id"]))})
            for own, body in self.outcome.live().items()
            for link in body.get("links", ())
            if link["kind"] == kind
        }


def _name(row: TrueTransaction) -> Identity:
    return row.identity


def _both_ways(
    true: set[frozenset[Identity]], found: set[frozenset[Identity]]
) -> tuple[Share, Share]:
    both = len(true & found)
    return Share(both, len(true)), Share(both, len(found))
