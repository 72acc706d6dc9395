"""Decide what a payment is for: from what its text says down to what this user said here."""

from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import NamedTuple

from msgspec.structs import replace

from models.evidence import Belief, Chain, Everybody
from models.reliability import Reliability
from processors.state.labels import Labels
from processors.state.population import Population
from processors.state.transaction import ASK, FILED, SUGGESTED, Filing
from schemas.taxonomy import LEAVES, UNKNOWN

# How many labels of today weigh as much as all that was believed before a level was asked.
PEOPLE_STRENGTH = 1.5
USUAL_STRENGTH = 10.0
MEANT_STRENGTH = 16.0
HABIT_STRENGTH = 6.0
PLACE_STRENGTH = 2.0
KNOWN_BY_NAME_STRENGTH = 1.0

SUGGESTED_FROM = 0.5
"""The three likeliest are worth offering when together they are as likely as this."""
_OFFERED = 3


class Hinted(NamedTuple):
    """What the dictionary says: a source's category, how likely, and because of what."""

    category: str
    share: float
    source: str
    because: str


class Asked(NamedTuple):
    """A payment to be filed, and what is known of it before anybody is asked."""

    merchant_key: str
    place: int
    day: int
    """By which evidence is weighed."""
    booked_on: int
    prior: Mapping[str, float]
    """What the artifact believes; empty without one."""
    version: str
    """The artifact's version; empty without one."""
    hinted: tuple[Hinted, ...] = ()


class Answer(NamedTuple):
    """The best category, the others, which level decided, and how sure that is."""

    category: str
    belief: Belief
    level: str
    because: str
    likely: str
    """What others would call it."""
    is_ruled: bool
    version: str

    @property
    def confidence(self) -> float:
        """Give the belief in the best category, before it is held against past answers."""
        return self.belief.get(self.category, 0.0)


NOTHING_KNOWN = Answer(UNKNOWN.id, {}, "none", "", "", is_ruled=False, version="")


def answer(asked: Asked, labels: Labels, population: Population) -> Answer:
    """Ask one level after the other; each may move what those before believe."""
    at = labels.merchants.get(asked.merchant_key)
    chain = _from_texts(asked)
    people = population.of(asked.merchant_key)
    chain.lean("people", people, PEOPLE_STRENGTH)
    likely = chain.first() if chain.belief else ""
    everybody = Everybody(population.common.totals, population.whole, len(LEAVES))
    chain.tilt("usual", labels.usual, everybody, USUAL_STRENGTH)
    meant = labels.meant.get(likely)
    chain.lean("meant", meant, MEANT_STRENGTH)
    if at is not None:
        chain.lean("habit", at.counts, HABIT_STRENGTH)
        chain.lean("habit", at.places.get(asked.place), PLACE_STRENGTH)
        for refused in labels.refused(asked.merchant_key):
            chain.belief.pop(refused, None)
    ruled, times = labels.ruled(asked.merchant_key, asked.booked_on)
    if ruled:
        _put_first(chain, ruled)
        return Answer(ruled, chain.belief, "merchant", times, likely, True, asked.version)
    if not chain.belief:
        return NOTHING_KNOWN._replace(likely=likely)
    first = chain.first()
    level = chain.level_of(first)
    evidence = {"people": people, "meant": meant, "habit": at.counts if at else None}
    because = _because(level, first, asked, evidence.get(level), chain.unit, likely)
    source = _hint(first, asked).source if level == "dictionary" else level
    return Answer(first, chain.belief, source, because, likely, False, asked.version)


def _hint(category: str, asked: Asked) -> Hinted:
    return next(hint for hint in asked.hinted if hint.category == category)


def _from_texts(asked: Asked) -> Chain:
    chain = Chain(asked.day)
    named = {hint.category: hint.share for hint in asked.hinted}
    if not asked.prior:
        chain.begin("dictionary", named)
        return chain
    chain.begin("artifact", asked.prior)
    if named:
        weights = {category: int(share * chain.unit) for category, share in named.items()}
        chain.lean("dictionary", weights, KNOWN_BY_NAME_STRENGTH)
    return chain


def _put_first(chain: Chain, category: str) -> None:
    """Let the user's word change places with what would have been first without it."""
    belief = chain.belief
    before = chain.first() if belief else category
    first, own = belief.get(before, 0.0), belief.get(category, 0.0)
    belief[before], belief[category] = own, max(first, own)


def _because(
    level: str, category: str, asked: Asked, counts: Mapping[str, int] | None, unit: float,
    likely: str,
) -> str:  # fmt: skip
    if level == "artifact":
        return asked.version
    if level == "dictionary":
        return _hint(category, asked).because
    if level == "meant":
        return likely
    if not counts:
        return ""
    whole = sum(counts.values()) / unit
    own = counts.get(category, 0) / unit
    return f"{max(1, round(own))}/{max(1, round(whole))}"


def filed(found: Answer, reliability: Reliability, unit: int) -> Filing:
    """File it, suggest it, or ask, by how often answers of this confidence were right."""
    if not found.belief:
        return Filing()
    sure = reliability.predict_one(found.confidence, unit)
    filing = Filing(
        found.category,
        found.level,
        found.because,
        round(100 * sure),
        version=found.version,
        raw_percent=round(100 * found.confidence),
    )
    if found.is_ruled or found.confidence >= reliability.threshold(unit):
        return replace(filing, outcome=FILED)
    others = _others(found, sure)
    if sure + sum(share for _, share in others) >= SUGGESTED_FROM:
        return replace(filing, outcome=SUGGESTED, alternatives=_written(others))
    offered = _written([(found.category, sure), *others])
    return replace(
        filing, category=UNKNOWN.id, confidence_percent=0, outcome=ASK, alternatives=offered
    )


def _others(found: Answer, sure: float) -> list[tuple[str, float]]:
    """Give the next likeliest, as likely as what is left beside the best leaves room for."""
    shares = found.belief.items()
    others = [one for one in shares if one[0] != found.category and one[1] > 0.0]
    rest = sum(share for _, share in others)
    scale = min(1.0, (1.0 - sure) / rest) if rest > 0.0 else 0.0
    next_best = nsmallest(_OFFERED - 1, others, key=lambda one: (-one[1], one[0]))
    return [(category, share * scale) for category, share in next_best]


def _written(offered: Iterable[tuple[str, float]]) -> str:
    return " ".join(f"{category}={round(100 * share)}" for category, share in offered)
