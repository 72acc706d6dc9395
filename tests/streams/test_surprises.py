"""What a worker tells Prometheus of the detector of unusual payments."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

import pytest
from structlog.testing import capture_logs

from models.anomaly.customs import MEASURES
from sample.dice import Dice
from schemas.event import Event
from schemas.journal import (
    DayPassed,
    Detection,
    KnownPayment,
    LessonsTaught,
    Policy,
    PolicyActivated,
    SeenPayment,
)
from streams.decision import Tally
from streams.detected import A_DAY, KNOWN_FROM
from streams.folding import Memory, fold_slice, read_slice
from streams.metrics import Metrics
from streams.names import Names
from streams.protocols import Partition
from tests.processors.household import paid
from tests.streams.test_folding import folded
from tests.streams.written_log import journal_of

OURS, OTHER = Partition("journal", 3), Partition("journal", 4)
DRIFTS = "penstock_surprise_drifts_total"
THRESHOLD = "penstock_detection_threshold_nats"
MARCH_14 = date(2025, 3, 14)


def told(metrics: Metrics, name: str, partition: Partition = OURS, **labels: str) -> float | None:
    own = {"topic": partition.topic, "partition": str(partition.number), **labels}
    return metrics.registry.get_sample_value(name, own)


def seen(dice: Dice, larger: int = 0, **fields: object) -> SeenPayment:
    """Make a payment of about 30.00 in the evening, or of a size that is larger by so much."""
    size = 8_000 + larger + dice.between(-1_000, 1_000)
    usual = {
        "currency": "EUR",
        "category": "food.groceries",
        "hour": dice.between(16, 20),
        "measures": (size - 8_000, size, dice.between(0, 500), dice.between(0, 500), 0),
        "weight": 1,
        "apart_s": 86_400,
    }
    return SeenPayment.model_validate({**usual, **fields})


def days(dice: Dice, first: int, a_day: int, **fields: int) -> Iterator[Event]:
    """Give day after day of the same payments."""
    for number in range(first, 10_000):
        yield DayPassed(bucket=0, day=MARCH_14 + timedelta(days=number))
        yield LessonsTaught(seen=tuple(seen(dice, **fields) for _ in range(a_day)))


def fold(memory: Memory, *events: Event) -> Tally:
    return fold_slice(Names(), OURS, read_slice(journal_of(events), {}), memory, {0: set()}).tally


def test_payments_that_become_larger_are_noticed_by_what_is_measured_of_them() -> None:
    metrics, memory, dice = Metrics(), Memory({}, 1), Dice(1)
    metrics.lagging(OURS, 0, 0, is_state=True)
    assert {told(metrics, DRIFTS, term=term) for term in MEASURES} == {0}
    with capture_logs() as logs:
        metrics.count(OURS, fold(memory, *islice(days(dice, 0, 40), 200)), 0)
        assert {told(metrics, DRIFTS, term=term) for term in MEASURES} == {0}
        larger = islice(days(dice, 100, 40, larger=700), 60)
        metrics.count(OURS, fold(memory, *larger), 0)

    drifts = {term: told(metrics, DRIFTS, term=term) for term in MEASURES}
    assert drifts == {"amount": 1, "size": 1, "hour": 0, "share": 0, "day": 0}
    assert sorted((one["event"], one["partition"], one["term"]) for one in logs) == [
        ("payments became unlike before", 3, "amount"),
        ("payments became unlike before", 3, "size"),
    ]


def test_what_is_watched_is_how_rare_payments_were_before_anybody_learned_of_them() -> None:
    memory, dice = Memory({}, 1), Dice(2)
    fold(memory, LessonsTaught(seen=tuple(seen(dice) for _ in range(500))))
    assert fold(memory, LessonsTaught(seen=(seen(dice),))).chances == []  # All is new still.
    for _ in range(KNOWN_FROM // 500):
        fold(memory, LessonsTaught(seen=tuple(seen(dice) for _ in range(500))))

    memory.watched.draws(1)  # A day begins before which little was paid: all are looked at.
    huge = LessonsTaught(seen=(seen(dice, larger=9_000),) * 20)
    (first, *_) = chances = fold(memory, huge).chances
    assert len(set(chances)) == 1  # The twentieth was as rare as the first.
    amount, size, *_ = first
    assert amount is not None
    assert size is not None
    assert max(amount, size) < 0.05
    (again, *_) = fold(memory, huge).chances
    assert again[1] is not None
    assert again[1] > size


def test_an_hour_that_nobody_told_and_what_was_written_down_for_being_odd_say_nothing() -> None:
    memory, dice = Memory({}, 1), Dice(3)
    for _ in range(KNOWN_FROM // 500):
        fold(memory, LessonsTaught(seen=tuple(seen(dice) for _ in range(500))))
    lessons = LessonsTaught(seen=(seen(dice, hour=-1), seen(dice, weight=0, told="raised")))
    (chances,) = fold(memory, lessons).chances
    assert chances[MEASURES.index("hour")] is None
    assert all(0 < chance <= 1 for chance in chances if chance is not None)


def test_of_a_busy_day_a_few_payments_are_looked_at() -> None:
    memory, dice = Memory({}, 1), Dice(4)
    drawn = [len(fold(memory, *islice(days(dice, number, 400), 2)).chances) for number in range(20)]
    assert sum(drawn[:2]) == 0
    assert all(0 < number <= 2 * A_DAY for number in drawn[4:])


def test_thresholds_frauds_and_a_shadow_are_shown_as_they_stand_and_go_when_they_end() -> None:
    metrics, memory, dice = Metrics(), Memory({}, 1), Dice(5)
    shadow = Detection(name="eager", threshold_milli=11_000)

    def activated(policy: Policy) -> PolicyActivated:
        return PolicyActivated(version="another", policy=policy)

    metrics.count(OURS, fold(memory, activated(Policy(shadow_detection=shadow))), 0)
    assert told(metrics, "penstock_frauds_known") == 0
    assert told(metrics, THRESHOLD, currency="EUR") is None

    lessons = LessonsTaught(
        seen=(
            seen(dice, told="raised", shadow_told=True, apart_s=0),
            seen(dice, shadow_told=True, apart_s=0),
            seen(dice, shadow_told=True, apart_s=0, weight=8, currency="USD"),
        ),
        known=(known(told=True, shadow_told=True), known(shadow_told=True), known()),
    )
    metrics.count(OURS, fold(memory, lessons), 0)
    assert told(metrics, THRESHOLD, currency="EUR") == pytest.approx(13.05)
    assert told(metrics, THRESHOLD, currency="USD") == pytest.approx(13.0)
    assert told(metrics, "penstock_frauds_known") == 3
    by = ("both", "only_active", "only_shadow", "neither")
    assert [told(metrics, "penstock_shadow_told", who=who) for who in by] == [1, 0, 2, None]
    assert [told(metrics, "penstock_shadow_frauds", who=who) for who in by] == [1, 0, 1, 1]

    metrics.count(OURS, fold(memory, activated(Policy(detection=shadow))), 0)  # Promoted.
    assert told(metrics, "penstock_shadow_told", who="both") is None
    assert told(metrics, THRESHOLD, currency="EUR") == pytest.approx(11.1)

    metrics.forget(OURS)
    assert told(metrics, THRESHOLD, currency="EUR") is None
    assert told(metrics, "penstock_frauds_known") is None


def known(**fields: object) -> KnownPayment:
    usual = {"currency": "EUR", "pattern": "a", "day": 1, "is_fraud": True, "weight": 1}
    return KnownPayment.model_validate({**usual, **fields})


def test_partitions_are_watched_apart_and_what_was_known_goes_with_them() -> None:
    metrics = Metrics()
    common, rare = (0.5,) * 5, (0.01, 0.5, None, 0.5, 0.5)
    for partition in (OURS, OTHER):
        metrics.count(partition, Tally(chances=[common] * 500), 0)
    metrics.forget(OTHER)
    for partition in (OURS, OTHER):
        metrics.count(partition, Tally(chances=[rare] * 100), 0)
    assert told(metrics, DRIFTS, term="amount") == 1
    assert told(metrics, DRIFTS, OTHER, term="amount") is None


def test_payments_are_counted_by_whether_their_user_was_known_well_enough() -> None:
    metrics, memory = Metrics(), Memory({}, 10)
    payments = [paid(1_000 + own, MARCH_14, f"t{own}") for own in range(12)]
    again = payments[0].model_copy(update={"amount_minor": -2_000, "revision": 2})
    tally = folded(memory, journal_of([*payments, again])).tally
    metrics.count(OURS, tally, 0)

    def assessed(outcome: str) -> float | None:
        labels = {"outcome": outcome}
        return metrics.registry.get_sample_value("penstock_payments_assessed_total", labels)

    assert (assessed("insufficient_history"), assessed("scored")) == (10, 2)
