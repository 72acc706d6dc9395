"""What filing rules would have done to a history, had they been in force all along.

What a rule does not decide stays: a label that the user gave, a transfer between accounts, and a
refund, which is filed as its purchase is.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, NamedTuple

from processors.state.filing_rules import LEVEL, problem_of, rules_for
from processors.state.transaction import Tie, Transaction
from schemas.preferences import FilingRule, Preferences
from streams.filing.history import Past

LABEL, TRANSFER, REFUND = "label", "transfer", "refund"


@dataclass(frozen=True, slots=True)
class Filed:
    """A transaction that a rule applies to, or that would be filed otherwise with these rules."""

    account_id: str
    transaction_id: str
    booked_on: str
    amount_minor: int
    currency: str
    text: str
    before: str
    after: str | None
    """None where a rule had filed it that is not tried, so that other evidence would decide."""
    rule_id: str | None
    beaten: tuple[str, ...]
    decided_by: str
    """What decides it with these rules: `rule`, or what a rule does not beat."""

    @property
    def moves(self) -> bool:
        """Say whether its category would be another."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one rule: to how many it applied, how many it decided, and would move."""

    rule_id: str
    category: str
    applied: int
    won: int
    moved: int
    code: str = ""
    """Why it never applies; empty where it may."""
    sentence: str = ""


class Move(NamedTuple):
    """Money of one month that would go from one category to another."""

    month: str
    currency: str
    before: str
    after: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """The whole answer, for people and for programs."""

    user_id: str
    transactions: int
    rules: tuple[Tried, ...]
    filed: tuple[Filed, ...]

    def moves(self) -> list[tuple[Move, int, int]]:
        """List what would move by month and categories: how many, and how much together."""
        counts, sums = Counter[Move](), Counter[Move]()
        for own in self.filed:
            if own.moves:
                move = Move(own.booked_on[:7], own.currency, own.before, own.after)
                counts[move] += 1
                sums[move] += own.amount_minor
        ordered = sorted(counts, key=lambda move: (*move[:3], move.after or ""))
        return [(move, counts[move], sums[move]) for move in ordered]

    def as_json(self) -> dict[str, Any]:
        """Give the whole answer as one JSON object."""
        return {
            **asdict(self),
            "filed": [{**asdict(own), "moves": own.moves} for own in self.filed],
            "moves": [
                {**move._asdict(), "count": count, "amount_minor": amount_minor}
                for move, count, amount_minor in self.moves()
            ],
        }


def try_rules(
    user_id: str, history: Sequence[Past], preferences: Preferences, rules: Sequence[FilingRule]
) -> Trial:
    """Ask the rules about each transaction, as if no others were in force."""
    tried = preferences.model_copy(update={"filing_rules": tuple(rules)})
    by_identity = {past.own.identity: past for past in history}
    winners = {past.own.identity: tuple(rules_for(tried, past.payment)) for past in history}
    filed = []
    for past in history:
        rule_ids = tuple(rule.rule_id for rule in winners[past.own.identity])
        after, decided_by = _decided(past.own, winners, by_identity)
        if rule_ids or after != past.own.category:
            filed.append(_filed(past, after, decided_by, rule_ids))
    counted = tuple(_counted(rule, tried, filed) for rule in sorted(rules, key=_by_id))
    return Trial(user_id, len(history), counted, tuple(filed))


def with_rules(known: Iterable[FilingRule], more: Iterable[FilingRule]) -> list[FilingRule]:
    """Add rules to those known; one of the same id takes the other's place."""
    added = list(more)
    ids = {rule.rule_id for rule in added}
    return [*(rule for rule in known if rule.rule_id not in ids), *added]


def _decided(
    own: Transaction, winners: dict[int, tuple[FilingRule, ...]], by_identity: dict[int, Past]
) -> tuple[str | None, str]:
    """Give the category that a transaction would have, and what decides it."""
    if own.refund_of is not None:
        purchase = _tied(own.refund_of, by_identity)
        after = own.category if purchase is None else _decided(purchase, winners, by_identity)[0]
        return after, REFUND
    if own.pair is not None or own.category != own.filing.category:
        return own.category, TRANSFER
    if own.filing.level == "user":
        return own.category, LABEL
    if rules := winners[own.identity]:
        return rules[0].category, LEVEL
    return (None if own.filing.level == LEVEL else own.category), own.filing.level


def _tied(tie: Tie, by_identity: dict[int, Past]) -> Transaction | None:
    past = by_identity.get(tie.identity)
    return None if past is None else past.own


def _filed(past: Past, after: str | None, decided_by: str, rule_ids: tuple[str, ...]) -> Filed:
    own = past.own
    return Filed(
        account_id=own.account_id,
        transaction_id=own.transaction_id,
        booked_on=date.fromordinal(own.booked_on).isoformat(),
        amount_minor=own.amount_minor,
        currency=own.currency,
        text=past.words,
        before=own.category,
        after=after,
        rule_id=rule_ids[0] if rule_ids else None,
        beaten=rule_ids[1:],
        decided_by=decided_by,
    )


def _by_id(rule: FilingRule) -> tuple[str, bytes]:
    return rule.rule_id, rule.to_json()


def _counted(rule: FilingRule, tried: Preferences, filed: Sequence[Filed]) -> Tried:
    problem = problem_of(rule, tried)
    won = [own for own in filed if (own.rule_id, own.decided_by) == (rule.rule_id, LEVEL)]
    return Tried(
        rule_id=rule.rule_id,
        category=rule.category,
        applied=sum(rule.rule_id in (own.rule_id, *own.beaten) for own in filed),
        won=len(won),
        moved=sum(own.moves for own in won),
        code=problem.code if problem else "",
        sentence=problem.sentence if problem else "",
    )
