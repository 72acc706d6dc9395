"""Judge a payment by what its user's are like, in whole thousandths, so that addends add up."""

import math
from typing import Any, NamedTuple

from models.anomaly.customs import HOURS
from models.anomaly.detector import Detector, Judged
from models.anomaly.fraud_rate import FraudRate
from models.anomaly.patterns import least_alike
from models.anomaly.rules import DAY_S, sum_of_day
from models.anomaly.spread import Spread
from models.anomaly.weights import ALONE, BURSTS, SIGNS
from processors.state.categories import kind_of
from processors.state.customary import JOINS_ABOVE, UNIT, start_of
from processors.state.habits import Habits
from processors.state.notes import Against
from processors.state.shared import LONG_AGO, Shared
from processors.state.transaction import Transaction
from schemas.journal import Detection

Features = dict[Any, Any]
HOUR_S = 3_600
_NOON_S = DAY_S // 2
_AHEAD_DAYS = 2
"""A payment that claims to be of a later day is taken for one of that day."""


def features_of(payment: Transaction, category: str, second: int | None, today: int) -> Features:
    """Give what is looked at of a payment; *second* is its instant since year 1, where told."""
    instant = payment.booked_on * DAY_S + _NOON_S if second is None else second
    if today != LONG_AGO:
        instant = min(instant, (today + _AHEAD_DAYS) * DAY_S)
    hour = -1 if second is None else second % DAY_S // HOUR_S
    return as_features(category, -payment.amount_minor, hour, instant)


def as_features(category: str, minor: int, hour: int, instant: int) -> Features:
    """Give a payment as detectors look at it."""
    return {
        "category": category,
        "minor": minor,
        "size": math.log(minor),
        "hour": hour,
        "instant": instant,
    }


def is_spent(payment: Transaction) -> bool:
    """Say whether it is money that went to somebody else, as far as is known."""
    is_spending = kind_of(payment.category) in {"spending", "unknown"}
    return is_spending and payment.counts and payment.amount_minor < 0


class Scores(NamedTuple):
    """What a payment's signs add up to, in thousandths of a nat."""

    judged: Judged
    merchant: int
    """What is added by what others said of the merchant."""
    surprise: int
    episode: int
    shadow: int
    """The surprise by the weights of the configuration that has no say."""

    def contributions(self, *, with_bursts: bool) -> dict[str, int]:
        """Give what adds up to the episode's score, or to the surprise, without zeros.

        What rounding leaves over goes to the greatest, so that they add up exactly.
        """
        addends = {**self.judged.addends, "merchant": self.merchant / UNIT}
        told = {
            name: round(nats * UNIT)
            for name, nats in addends.items()
            if with_bursts or name not in BURSTS
        }
        whole = self.episode if with_bursts else self.surprise
        told[max(told, key=lambda name: told[name])] += whole - sum(told.values())
        return {name: milli for name, milli in told.items() if milli}


class Bar(NamedTuple):
    """What scores have to reach for a user now, in thousandths of a nat."""

    raised: int
    joined: int
    shadow: int


class Judge:
    """One user's detector in one currency, beside what all users of the partition share."""

    __slots__ = ("_rate", "_shadow", "_shared", "customs", "detector", "habits", "payment")

    def __init__(self, habits: Habits, payment: Transaction, shared: Shared) -> None:
        customary, shadow = shared.customary, shared.policy.shadow_detection
        self.customs, patterns = customary.of(payment.currency)
        self.detector = Detector(habits, self.customs, patterns, customary.weights)
        self.habits, self.payment, self._shared = habits, payment, shared
        self._shadow = None if shadow is None else start_of(shadow)
        rates = customary.frauds.merchants
        self._rate: FraudRate | None = rates.get(payment.merchant_key) if rates else None

    @property
    def alerts_a_month(self) -> float:
        """Give how many alerts the user may get in 30 days."""
        return self._shared.policy.detection.alerts_a_month

    @property
    def has_shadow(self) -> bool:
        """Say whether another configuration is tried beside the one that decides."""
        return self._shadow is not None

    def score(self, x: Features) -> Scores:
        """Score a payment; nothing is learned of it."""
        judged = self.detector.judge_one(x)
        merchant = 0
        if self._rate is not None:
            log_odds = judged.surprise + self._shared.customary.weights.log_odds
            merchant = round(self._rate.joined(log_odds, self.payment.booked_on) * UNIT)
        surprise = round(judged.surprise * UNIT) + merchant
        episode = round(judged.episode * UNIT) + merchant
        shadow = 0 if self._shadow is None else _weighed(self._shadow, judged) + merchant
        return Scores(judged, merchant, surprise, episode, shadow)

    def bar(self, instant: int) -> Bar:
        """Give what scores have to reach now: less for who was told seldom, more for the others."""
        policy = self._shared.policy
        offsets = self._shared.customary.offsets(self.payment.currency)
        start = policy.detection.threshold
        lenient = self.habits.leniency.at(instant, self.alerts_a_month)
        shadow: Detection = policy.shadow_detection or policy.detection
        return Bar(
            round((start + offsets.raised + lenient) * UNIT),
            round((start + JOINS_ABOVE + offsets.joined + lenient) * UNIT),
            round((shadow.threshold + offsets.shadow + lenient) * UNIT),
        )

    def quiet_below(self, x: Features, *, reached_milli: int, with_episode: bool) -> int:
        """Find from which amount on it would have been told; of a cent less it would not."""

        def is_told(minor: int) -> bool:
            scores = self.score(as_features(x["category"], minor, x["hour"], x["instant"]))
            return (scores.episode if with_episode else scores.surprise) >= reached_milli

        # More is never less surprising while the pattern is the same: look from one to the next.
        high: int = x["minor"]
        while (low := least_alike(high - 1) if high > 1 else 0) and is_told(low):
            high = low
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if is_told(middle) else (middle, high)
        return high

    def against(self, x: Features) -> Against:
        """Say what the user's payments are like, as people can read it."""
        habits, hour = self.habits, x["hour"]
        usual = self.detector.amount.usual(x["category"], x["size"])
        near = (habits.hours[(hour + by) % HOURS] for by in (-1, 0, 1)) if habits.hours else ()
        day_sum = sum_of_day(habits.day_sum, habits.day_last, x["instant"], x["minor"])
        return Against(
            category=x["category"],
            usual_minor=_in_minor(usual),
            of_category=usual.values,
            around_hour=sum(near) if hour >= 0 else 0,
            at_hours=sum(habits.hours),
            day_minor=round(day_sum),
            usual_day_minor=_in_minor(habits.day_usual) if habits.day_usual.values else 0,
            hour=hour,
        )


def _weighed(weights: dict[str, float], judged: Judged) -> int:
    """Give what signs add up to by other weights, without what went before."""
    alone = zip(SIGNS[:ALONE], judged.nats, strict=False)
    return round(sum(weights[name] * nats for name, nats in alone) * UNIT)


def _in_minor(usual: Spread) -> int:
    return round(math.exp(min(usual.middle, _SIZE_MAX)))


_SIZE_MAX = 40.0
"""The logarithm of more money than there is."""
