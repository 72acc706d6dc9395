"""Ask for a transaction's filing: the user's rules first, then the chain of evidence."""

import zlib
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from models.asking import row_of
from models.descriptor import read_descriptor
from models.dictionary import Hint, guess, hints
from models.evidence import weight_on
from models.features import Row
from processors.state.deciding import Answer, Asked, Hinted, answer, filed
from processors.state.entry import Entry
from processors.state.filing_rules import LEVEL
from processors.state.labels import Labels
from processors.state.population import Population
from processors.state.shared import LONG_AGO, Shared
from processors.state.transaction import FILED, Filing, Transaction
from processors.state.user import User
from schemas.preferences import FilingRule
from schemas.taxonomy import LEAVES, UNKNOWN
from schemas.topics import DAY_MS
from schemas.transactions import TransactionImported

MODEL = "categories"
_PER_MILLE = 1000
_EPOCH = date(1970, 1, 1).toordinal()
_FIRMLY = 100
# What passes between people names people: it stays with the user who paid them.
_PRIVATE_KINDS = frozenset({"transfer", "standing_order", "salary"})
_PRIVATE_CHANNELS = frozenset({"transfer", "payroll"})


# Whom to ask where nothing that was learned may be used; nobody teaches them anything.
_NOTHING_TAUGHT, _NOBODY = Labels(), Population()


class Texts(NamedTuple):
    """All that is said of a transaction, as the evidence takes it."""

    row: Row
    """As an artifact takes it."""
    hinted: tuple[Hinted, ...]


def texts_of(event: TransactionImported) -> Texts:
    """Read what came with a transaction."""
    text = _text_of(event)
    hinted = _hinted(text, event.mcc, event.kind, event.category_hint, event.amount_minor > 0)
    return Texts(row_of(text, event.amount_minor), hinted)


def _text_of(event: TransactionImported) -> str:
    return event.merchant_name or event.description


def prepare(shared: Shared, events: Iterable[TransactionImported]) -> None:
    """Ask each artifact about many transactions at once: it answers the same, at less cost."""
    active = shared.activated.models.get(MODEL)
    challenger = shared.activated.challengers.get(MODEL)
    wanted = [active] if active is not None else []
    if challenger is not None:
        wanted.append(challenger.sha256)
    priors = [prior for sha256 in wanted if (prior := shared.prior(sha256)) is not None]
    if priors and shared.policy.learned_categories:
        rows = [row_of(_text_of(event), event.amount_minor) for event in events]
        for prior in priors:
            prior.prepare(rows)


def remembered_texts(own: Transaction) -> Texts:
    """Read what the book still holds of a transaction."""
    hinted = _hinted(own.merchant, None, own.kind or None, None, own.amount_minor > 0)
    return Texts(row_of(own.merchant, own.amount_minor), hinted)


# Banks write of one shop in one way, mostly.
@lru_cache(maxsize=16_384)
def _hinted(
    text: str, mcc: str | None, kind: str | None, provider_hint: str | None, comes_in: bool  # noqa: FBT001 A key of the cache.
) -> tuple[Hinted, ...]:  # fmt: skip
    descriptor = read_descriptor(text)
    found = hints(descriptor, mcc=mcc, kind=kind, provider_hint=provider_hint, comes_in=comes_in)
    first: dict[str, Hint] = {}
    for hint in found:
        first.setdefault(hint.category, hint)
    return tuple(
        Hinted(category, per_mille / _PER_MILLE, first[category].source, first[category].because)
        for category, per_mille in guess(found)
    )


class Situation(NamedTuple):
    """For whom something is filed, and the day by which evidence is weighed."""

    user: User
    shared: Shared
    day: int

    @classmethod
    def of(cls, user: User, shared: Shared, entry: Entry) -> "Situation":
        """Take the user's today, or the entry's day; never one that a producer may have made up."""
        today = shared.today(user.user_id)
        recorded = _EPOCH + entry.recorded_at_ms // DAY_MS
        return cls(user, shared, recorded if today == LONG_AGO else today)


def place_of(own: Transaction) -> int:
    """Tell a merchant's places apart, by what the bank wrote before it was cleaned."""
    return zlib.crc32(own.merchant.casefold().encode())


def may_be_shared(own: Transaction) -> bool:
    """Say whether what a user calls it may teach how others' payments are filed."""
    return not is_between_people(own.kind, own.counterparty, own.merchant)


def is_between_people(kind: str | None, counterparty: str | None, text: str) -> bool:
    """Say whether a payment passes between people, by its kind, its other side or its text."""
    if kind in _PRIVATE_KINDS or counterparty:
        return True
    return read_descriptor(text).channel in _PRIVATE_CHANNELS


class Decision(NamedTuple):
    """A filing, and the answer of each artifact that was asked, by its SHA-256."""

    filing: Filing
    answers: dict[str, Answer]
    arm: str
    """The artifact that decided; empty without one."""


def by_rule(rule: FilingRule) -> Filing:
    """File by the user's own rule."""
    return Filing(rule.category, LEVEL, rule.rule_id, _FIRMLY, FILED, raw_percent=_FIRMLY)


def decide(own: Transaction, texts: Texts, situation: Situation) -> Decision:
    """File a transaction that neither a label nor a rule of the user's is about."""
    user, shared, day = situation
    features = user.preferences.cold.read().features
    if (features is not None and not features.categorization) or (
        not shared.policy.learned_categories
    ):
        return _by_the_book(own, texts, day)
    return _by_evidence(own, texts, situation)


def _by_the_book(own: Transaction, texts: Texts, day: int) -> Decision:
    """File by hints and the dictionary alone."""
    asked = Asked(own.merchant_key, 0, day, own.booked_on, {}, "", texts.hinted)
    found = answer(asked, _NOTHING_TAUGHT, _NOBODY)
    return Decision(filed(found, _NOBODY.reliability, weight_on(asked.day)), {}, "")


def _by_evidence(own: Transaction, texts: Texts, situation: Situation) -> Decision:
    user, shared, day = situation
    labels, population = user.labels.cold, shared.population
    active = shared.activated.models.get(MODEL, "")
    challenge = shared.challenger(MODEL, user.user_id)
    wanted = {active: shared.activated.versions.get(MODEL, "")}
    decides = active
    if challenge is not None:
        challenger = challenge[0]
        wanted[challenger.sha256] = challenger.version
        if challenger.decides_for(user.user_id):
            decides = challenger.sha256
    answers = {}
    for sha256, version in wanted.items():
        prior = shared.prior(sha256)
        asked = Asked(
            own.merchant_key,
            place_of(own),
            day,
            own.booked_on,
            prior.belief(texts.row) if prior is not None else {},
            version,
            texts.hinted,
        )
        answers[sha256] = answer(asked, labels, population)
    filing = filed(answers[decides], population.reliability, weight_on(day))
    return Decision(filing, answers, decides)


def is_category(category: str, user: User) -> bool:
    """Say whether a category exists: in the taxonomy, or among the user's own."""
    return category in LEAVES or category in _own_categories(user)


def leaf_of(category: str, user: User) -> str:
    """Give what others would understand by a category; empty where they would not."""
    if category in LEAVES:
        return category
    parent = _own_categories(user).get(category, "")
    return parent if parent in LEAVES else ""


def category_for_others(category: str, user: User) -> str:
    """Give the category as others may learn of it: how a user names their own is nobody's."""
    return leaf_of(category, user) or UNKNOWN.id


def _own_categories(user: User) -> dict[str, str]:
    own = user.preferences.cold.read().categories or ()
    return {category.category: category.parent for category in own}
