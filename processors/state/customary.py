"""What all users of a partition taught of payments: what is customary, and what was fraud.

It changes by entries of the journal alone, so that a user's own entries and these are all that is
needed to make the user's state again.
"""

from collections.abc import Hashable
from typing import Any

from msgspec import Struct, field

from models.anomaly.customs import Customs, Seen
from models.anomaly.fraud_rate import FraudRate
from models.anomaly.patterns import Patterns
from models.anomaly.rules import DAY_S
from models.anomaly.spread import Spread
from models.anomaly.threshold import moved
from models.anomaly.weights import SIGNS, START, START_LOG_ODDS, Weights
from schemas.journal import Detection, KnownPayment, Policy, SeenPayment

UNIT = 1000
"""Scores and signs are told in thousandths of a nat."""
JOINS_ABOVE = 3.0
"""How much more it takes, at first, to go on with an episode than to begin one."""
MERCHANTS_MAX = 1_000
"""Beyond these, the merchant whose last answer is oldest is forgotten."""


class Offsets(Struct, array_like=True, gc=False):
    """How far thresholds have moved from where they start."""

    raised: float = 0.0
    joined: float = 0.0
    shadow: float = 0.0


class Custom(Struct, array_like=True):
    """What is customary in one currency."""

    amounts: dict[str, Spread] = field(default_factory=dict)
    hours: dict[str, list[int]] = field(default_factory=dict)
    counts: dict[str, list[int]] = field(default_factory=dict)
    cells: dict[str, list[int]] = field(default_factory=dict)
    offsets: Offsets = field(default_factory=Offsets)


class Compared(Struct, array_like=True):
    """How a configuration of the detector that has no say compares with the one that has."""

    name: str = ""
    payments: int = 0
    both: int = 0
    only_active: int = 0
    only_shadow: int = 0
    frauds_both: int = 0
    frauds_only_active: int = 0
    frauds_only_shadow: int = 0
    frauds_neither: int = 0

    def see(self, weight: int, *, active: bool, shadow: bool) -> None:
        """Count a payment, as often as it stands for, and who would have told of it."""
        self.payments += weight
        self.both += active and shadow
        self.only_active += active and not shadow
        self.only_shadow += shadow and not active

    def see_fraud(self, times: int, *, active: bool, shadow: bool) -> None:
        """Count a fraud, and who told of it; or take it back."""
        self.frauds_both += times * (active and shadow)
        self.frauds_only_active += times * (active and not shadow)
        self.frauds_only_shadow += times * (shadow and not active)
        self.frauds_neither += times * (not (active or shadow))


class Frauds(Struct, array_like=True):
    """What answers about fraud taught, in whichever currency, and the comparison with a shadow."""

    confirmed: int = 0
    merchants: dict[str, FraudRate] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=lambda: dict(START))
    """The weights from which those that are known were learned."""
    weights: dict[str, float] = field(default_factory=lambda: dict(START))
    log_odds: float = START_LOG_ODDS
    compared: Compared = field(default_factory=Compared)


class Customary:
    """The partition's customs by currency, and its frauds."""

    __slots__ = ("_known", "changed", "customs", "frauds", "frauds_changed", "weights")

    def __init__(
        self, customs: dict[str, Custom] | None = None, frauds: Frauds | None = None
    ) -> None:
        self.customs = customs or {}
        self.frauds = frauds or Frauds()
        self.weights = Weights(self.frauds.weights, self.frauds.log_odds)
        self.changed: set[str] = set()
        self.frauds_changed = False
        self._known: dict[str, tuple[Customs, Patterns]] = {}

    def of(self, currency: str) -> tuple[Customs, Patterns]:
        """Give what is customary in a currency, and which patterns were fraud."""
        known = self._known.get(currency)
        if known is None:
            own = self.customs.get(currency) or Custom()
            customs = Customs(own.amounts, own.hours, own.counts)
            known = self._known[currency] = customs, Patterns(own.cells)
        return known

    def offsets(self, currency: str) -> Offsets:
        """Give how far the thresholds have moved."""
        own = self.customs.get(currency)
        return _NOT_MOVED if own is None else own.offsets

    @property
    def knows_frauds(self) -> bool:
        """Say whether anybody ever confirmed a fraud: before, all else teaches nothing of it."""
        return self.frauds.confirmed > 0

    def see(self, seen: SeenPayment, policy: Policy) -> None:
        """Learn what a payment was like, and how often users are told."""
        own = self._change(seen.currency)
        if seen.told is None and seen.weight:
            customs, _ = self.of(seen.currency)
            customs.learn(Seen(seen.category, seen.hour, seen.measures, seen.weight))
        user_days = seen.apart_s * seen.weight / DAY_S
        self._move(own.offsets, seen, user_days, policy)
        if policy.shadow_detection is not None:
            is_active = seen.told == "raised"
            self.frauds.compared.see(seen.weight, active=is_active, shadow=seen.shadow_told)
            self.frauds_changed = True

    def _move(self, offsets: Offsets, seen: SeenPayment, days: float, policy: Policy) -> None:
        active, shadow = policy.detection, policy.shadow_detection
        start, a_month = active.threshold, active.alerts_a_month
        raised, joined = seen.told == "raised", seen.told == "joined"
        offsets.raised = moved(start + offsets.raised, raised, days, a_month) - start
        start += JOINS_ABOVE
        offsets.joined = moved(start + offsets.joined, joined, days, a_month) - start
        if shadow is not None:
            start, a_month = shadow.threshold, shadow.alerts_a_month
            offsets.shadow = moved(start + offsets.shadow, seen.shadow_told, days, a_month) - start

    def know(self, known: KnownPayment) -> None:
        """Learn what a payment was: a fraud, or none."""
        self._change(known.currency)
        _, patterns = self.of(known.currency)
        self.frauds_changed = True
        times = -1 if known.undone else 1
        if known.is_fraud:
            self.frauds.confirmed += times
            self.frauds.compared.see_fraud(times, active=known.told, shadow=known.shadow_told)
        if known.signs and (self.knows_frauds or known.undone):
            self.weights = _taught(self.weights, known, known.signs)
            self.frauds.weights, self.frauds.log_odds = self.weights.known, self.weights.log_odds
        if known.signs or known.is_fraud:
            patterns.learn(known.pattern, times * known.weight, is_fraud=known.is_fraud)
        if known.merchant_key and (known.is_fraud or known.merchant_key in self.frauds.merchants):
            self._learn_merchant(known)

    def _learn_merchant(self, known: KnownPayment) -> None:
        merchants = self.frauds.merchants
        rate = merchants.get(known.merchant_key, FraudRate())
        if known.undone:
            merchants[known.merchant_key] = rate.unlearned(known.day)
        else:
            merchants[known.merchant_key] = rate.learned(known.day, is_fraud=known.is_fraud)
        if len(merchants) > MERCHANTS_MAX:
            del merchants[min(merchants, key=lambda key: (merchants[key].day, key))]

    def configure(self, before: Policy, policy: Policy) -> None:
        """Begin anew what depends on a configuration that has changed."""
        frauds, shadow = self.frauds, policy.shadow_detection
        if policy.detection.name != before.detection.name:
            self._change_active(is_promoted=policy.detection.name == frauds.compared.name)
        name = "" if shadow is None else shadow.name
        if frauds.compared.name != name:
            frauds.compared = Compared(name)
            for own in self.customs.values():
                own.offsets.shadow = 0.0
        start = start_of(policy.detection)
        if start != frauds.start:
            frauds.start, frauds.weights, frauds.log_odds = start, dict(start), START_LOG_ODDS
            self.weights = Weights(frauds.weights, frauds.log_odds)
        self.frauds_changed = True
        self.changed.update(self.customs)

    def _change_active(self, *, is_promoted: bool) -> None:
        """Let thresholds start anew; a shadow that is promoted brings its own along."""
        for own in self.customs.values():
            if is_promoted:
                own.offsets.raised = own.offsets.shadow
            else:
                own.offsets.raised = own.offsets.joined = 0.0

    def _change(self, currency: str) -> Custom:
        self.changed.add(currency)
        own = self.customs.get(currency)
        if own is None:
            own = self.customs[currency] = Custom()
            self._known.pop(currency, None)
        return own

    def saved(self) -> None:
        """Take note that everything that changed has been written."""
        self.changed.clear()
        self.frauds_changed = False


def _taught(weights: Weights, known: KnownPayment, milli: tuple[int, ...]) -> Weights:
    # Most workers never hear of a fraud, and need not load River's regression and its libraries.
    from models.anomaly.suspicion import Suspicion  # noqa: PLC0415

    signs: dict[Hashable, Any] = {name: own / UNIT for name, own in zip(SIGNS, milli, strict=True)}
    suspicion = Suspicion(weights)
    # To go the same step back undoes it, as nearly as what was learned since allows.
    times = -known.weight if known.undone else known.weight
    suspicion.learn_one(signs, known.is_fraud, float(times))
    return suspicion.weights


def start_of(detection: Detection) -> dict[str, float]:
    """Give the weights at which a configuration starts."""
    return {**START, **{own.sign: own.milli / UNIT for own in detection.weights}}


_NOT_MOVED = Offsets()
