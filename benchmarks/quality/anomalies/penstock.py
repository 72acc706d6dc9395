"""Penstock's own detectors, as the users of one partition would live with them."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from benchmarks.quality.anomalies.contender import Contender, Scored
from benchmarks.quality.anomalies.features import hour_of
from benchmarks.quality.anomalies.payments import DAY_S, Payment
from models.anomaly.customs import Customs
from models.anomaly.detector import Detector, Judged, seen
from models.anomaly.fraud_rate import FraudRate
from models.anomaly.patterns import Patterns, pattern_of
from models.anomaly.spread import Spread
from models.anomaly.suspicion import Suspicion
from models.anomaly.threshold import START, Leniency, moved

HISTORY = 10
"""With fewer payments, nothing is said of a user."""
A_MONTH = 1.0
HELD_S = 3 * DAY_S
"""What was flagged is learned no sooner, and goes on with an episode no later."""
_ALL_LEARNED, _DRAWN_ONE_IN = 50_000, 8
_EPISODE_ABOVE = 3.0
_KEPT_DAYS = 10
_KEPT_FROM = 6.0


@dataclass(slots=True)
class Habits:
    """What is kept of one user."""

    amounts: dict[str, Spread] = field(default_factory=dict)
    shares: dict[str, int] = field(default_factory=dict)
    hours: list[int] = field(default_factory=list)
    day_sum: float = 0.0
    day_usual: Spread = field(default_factory=Spread)
    day_last: int = 0
    bursts: tuple[float, float, int] = (0.0, 0.0, 0)
    leniency: Leniency = field(default_factory=Leniency)
    episode_until: int = 0
    last: int = 0
    learned: int = 0


class Held(NamedTuple):
    """A flagged payment that waits to be learned."""

    until: int
    habits: Habits
    x: dict[Any, Any]


class PenstockAnomalies(Contender):
    """Surprise decides who is told; the episode finds the rest, and ranks."""

    name = "penstock"
    decides = True

    def __init__(self) -> None:
        self._customs, self._patterns, self._suspicion = Customs(), Patterns(), Suspicion()
        self._users: dict[str, Habits] = {}
        self._merchants: dict[str, FraudRate] = {}
        self._threshold, self._episode_threshold = START, START + _EPISODE_ABOVE
        self._held: deque[Held] = deque()
        self._kept: dict[int, tuple[dict[Any, Any], float]] = {}
        self._kept_days: deque[tuple[int, int]] = deque()

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        """Judge each, then learn it, unless it is held."""
        return [self._take(payment) for payment in payments]

    def _take(self, payment: Payment) -> Scored:
        self._release(payment.at_s)
        habits = self._users.setdefault(payment.user, Habits())
        x, detector = _features(payment), self._detector(habits)
        judged = detector.judge_one(x)
        more = self._of_merchant(payment, judged)
        scored = Scored(judged.surprise + more, judged.episode + more)
        is_alert, goes_on = self._decide(habits, payment.at_s, scored)
        weight = self._weight(payment)
        if not (is_alert or goes_on):
            detector.learn_one(x)
            habits.learned += 1
            if weight:
                self._customs.learn(seen(x, judged, weight))
        else:
            habits.episode_until = payment.at_s + HELD_S
            self._held.append(Held(payment.at_s + HELD_S, habits, x))
        detector.feel_one(x, scored.surprise)
        self._keep(payment, judged, scored.surprise, weight)
        return scored._replace(is_alert=is_alert)

    def _decide(self, habits: Habits, at_s: int, scored: Scored) -> tuple[bool, bool]:
        """Say whether to tell the user, and whether it belongs to what they were told of."""
        days = (at_s - habits.last) / DAY_S if habits.last else 0.0
        habits.last = at_s
        lenient = habits.leniency.at(at_s, A_MONTH)
        is_told = at_s < habits.episode_until
        knows = habits.learned >= HISTORY
        is_alert = knows and not is_told and scored.surprise >= self._threshold + lenient
        goes_on = knows and is_told and scored.episode >= self._episode_threshold + lenient
        habits.leniency = habits.leniency.told(at_s, A_MONTH, is_alert=is_alert)
        self._threshold = moved(self._threshold, is_alert, days, A_MONTH)
        self._episode_threshold = moved(self._episode_threshold, goes_on, days, A_MONTH)
        return is_alert, goes_on

    def _detector(self, habits: Habits) -> Detector:
        return Detector(habits, self._customs, self._patterns, self._suspicion)

    def _of_merchant(self, payment: Payment, judged: Judged) -> float:
        rate = self._merchants.get(payment.merchant)
        if rate is None:
            return 0.0
        return rate.joined(judged.surprise + self._suspicion.memory[1], payment.day)

    def _weight(self, payment: Payment) -> int:
        """Say as how many payments one teaches all users: by its name, never by chance."""
        if self._customs.count < _ALL_LEARNED:
            return 1
        is_drawn = crc32(str(payment.number).encode()) % _DRAWN_ONE_IN == 0
        return _DRAWN_ONE_IN if is_drawn else 0

    def _release(self, at_s: int) -> None:
        while self._held and self._held[0].until <= at_s:
            held = self._held.popleft()
            self._detector(held.habits).learn_one(held.x)
            held.habits.learned += 1

    def _keep(self, payment: Payment, judged: Judged, surprise: float, weight: int) -> None:
        while self._kept_days and self._kept_days[0][0] < payment.day - _KEPT_DAYS:
            self._kept.pop(self._kept_days.popleft()[1], None)
        if weight or surprise >= _KEPT_FROM:
            as_many = 1.0 if surprise >= _KEPT_FROM else float(weight)
            self._kept[payment.number] = (dict(judged.signs), as_many)
            self._kept_days.append((payment.day, payment.number))

    def hear(self, payment: Payment, *, is_fraud: bool) -> None:
        """Learn what signs and patterns were worth, and what the merchant may be."""
        x, kept = _features(payment), self._kept.pop(payment.number, None)
        pattern = pattern_of(x["category"], x["size"], x["hour"])
        if kept is not None:
            signs, weight = kept
            if is_fraud or "" in self._patterns.cells:
                self._suspicion.learn_one(signs, is_fraud, 1.0 if is_fraud else weight)
        if kept is not None or is_fraud:
            as_many = 1 if kept is None or is_fraud else int(kept[1])
            self._patterns.learn(pattern, as_many, is_fraud=is_fraud)
        if is_fraud or payment.merchant in self._merchants:
            rate = self._merchants.get(payment.merchant, FraudRate())
            self._merchants[payment.merchant] = rate.learned(payment.day, is_fraud=is_fraud)

    def state_bytes(self) -> float:
        """Give the bytes of a user, on average; what users share is theirs together."""
        sizes = [len(msgspec.msgpack.encode(_written(habits))) for habits in self._users.values()]
        return sum(sizes) / len(sizes)


def _features(payment: Payment) -> dict[Any, Any]:
    minor = max(1, -payment.amount_minor)
    return {
        "category": payment.category,
        "minor": minor,
        "size": math.log(minor),
        "hour": hour_of(payment),
        "instant": payment.at_s,
    }


def _written(habits: Habits) -> list[Any]:
    return [getattr(habits, name) for name in Habits.__slots__]
