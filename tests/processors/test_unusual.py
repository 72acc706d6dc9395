"""Unusual payments in the fold: who is told, why, from which amount on, and what is learned."""

from collections.abc import Iterable
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from math import exp, log
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.anomaly.patterns import pattern_of
from models.anomaly.rules import EVERYTHING
from models.anomaly.spread import Spread
from processors.detect import ALL_TEACH, EPISODE_S
from processors.state.clearing import SILENT_DAYS
from processors.state.customary import Custom, Frauds, start_of
from processors.state.habits import (
    CATEGORIES_MAX,
    FRAUDS_MAX,
    HELD_MAX,
    KEPT_MAX,
    Detections,
    Habits,
    Kept,
)
from processors.state.transaction import identity_of
from processors.state.verdict import Verdict
from schemas.alerts import Alert, AlertRaised, AlertRetracted, AlertUpdated
from schemas.arguments import MoneyArgument
from schemas.event import Event, UserEvent
from schemas.fields import FIRST_DATE, LAST_DATE
from schemas.ids import bucket_of, deterministic_id
from schemas.journal import (
    DayPassed,
    Detection,
    KnownPayment,
    LessonsTaught,
    Policy,
    PolicyActivated,
    SeenPayment,
    SignWeight,
)
from schemas.preferences import (
    AlertRuleChoice,
    FilingRule,
    OwnCategory,
    Preferences,
    SettingsChanged,
)
from schemas.transactions import TransactionEnriched, TransactionImported, Unusual
from streams.codecs import decode_shared, every_shared_row
from tests.histories import lively_histories
from tests.partition import Partition
from tests.processors.household import (
    CURRENT,
    NAME,
    Household,
    answer,
    none_of,
    of_fraud,
    only,
    paid,
)

BASE = date(2025, 3, 1)
GROCERIES, DINING, FUEL = "5411", "5812", "5541"
SHOPPING = "5732"
CATEGORY_OF = {
    GROCERIES: "food.groceries",
    DINING: "dining.restaurant",
    FUEL: "transport.fuel",
    SHOPPING: "shopping.electronics",
}
EAGER_DETECTION = Detection(name="eager", threshold_milli=2_000, history=2)
NIGHT, NOON, EVENING = 3, 12, 19


def eager(shadow: Detection | None = None) -> PolicyActivated:
    """Let few payments be enough for an alert, so that lives are short and still get there."""
    policy = Policy(detection=EAGER_DETECTION, shadow_detection=shadow)
    return PolicyActivated(version="eager", policy=policy)


def march(day: int) -> date:
    return BASE + timedelta(days=day - 1)


def a_day(on: date, user_id: str = NAME) -> DayPassed:
    return DayPassed(bucket=bucket_of(user_id), day=on)


def at(on: date, hour: int | None) -> datetime | None:
    return None if hour is None else datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def spent(
    minor: int, on: date, name: str, mcc: str = GROCERIES, hour: int | None = None, **fields: Any
) -> TransactionImported:
    """Make a payment of which the category is told, and so does not depend on the amount."""
    return paid(minor, on, name, mcc=mcc, occurred_at=at(on, hour), **fields)


def fork(partition: Partition) -> Partition:
    """Give another partition that stands where this one does."""
    partition.save()
    return Partition(
        stored=deepcopy(partition.stored),
        rows=dict(partition.rows),
        shared=decode_shared(partition.rows),
        journal=list(partition.journal),
    )


def unusual_ones(told: Iterable[UserEvent]) -> list[Alert]:
    """Give the alerts on unusual payments."""
    return [one for one in told if isinstance(one, Alert) and one.rule_id == "unusual_payment"]


def waking(told: Iterable[UserEvent]) -> list[Alert]:
    """Give those that tell of a payment."""
    return [one for one in unusual_ones(told) if isinstance(one, AlertRaised | AlertUpdated)]


def detections(partition: Partition, user_id: str = NAME) -> Detections:
    return partition.user(user_id).detect.hot


def habits(partition: Partition) -> Habits:
    return detections(partition).by_currency["EUR"]


def view(partition: Partition, name: str) -> Unusual:
    """Give how unusual a payment was found to be."""
    return next(
        one.event.unusual
        for one in partition.published
        if isinstance(one.event, TransactionEnriched) and one.event.transaction_id == name
        if one.event.unusual is not None
    )


# Lives: a few payments a week, of which some are large, and what others learned of fraud.


class Step(NamedTuple):
    """A payment, some days after the one before."""

    days: int
    minor: int
    mcc: str
    hour: int | None


amounts = st.integers(500, 3_000) | st.sampled_from((100, 5_000, 20_000, 90_000, 400_000))
payments = st.builds(
    Step,
    st.sampled_from((0, 0, 1, 2, 4)),
    amounts,
    st.sampled_from((*CATEGORY_OF, GROCERIES)),
    st.sampled_from((None, NIGHT, NOON, EVENING)),
)
patterns = st.builds(
    pattern_of,
    st.sampled_from(list(CATEGORY_OF.values())),
    st.sampled_from((600, 4_000, 6_000, 20_000, 90_000)).map(log),
    st.sampled_from((-1, NIGHT, NOON)),
)
known_frauds = st.lists(
    st.builds(
        KnownPayment,
        currency=st.just("EUR"),
        pattern=patterns,
        day=st.just(BASE.toordinal()),
        is_fraud=st.just(True),
        weight=st.just(1),
        signs=st.none() | st.just((9_000, 5_000, 0, 0, 0, 0, 3_000, 3_000)),
    ),
    max_size=8,
)
lives = st.lists(payments, min_size=4, max_size=18)


def begun(frauds: Iterable[KnownPayment] = (), at_least_minor: int | None = None) -> Partition:
    """Make a partition in which somebody may be told of payments."""
    partition = Partition().fold_all([eager(), a_day(BASE)])
    if frauds := tuple(frauds):
        partition.fold(LessonsTaught(known=frauds))
    if at_least_minor is not None:
        partition.fold(chooses_to_hear_from(at_least_minor))
    return partition


def chooses_to_hear_from(minor: int, revision: int = 1) -> SettingsChanged:
    rule = AlertRuleChoice(rule_id="unusual_payment", parameters={"at_least_minor": minor})
    chosen = Preferences(alert_rules=(rule,))
    return SettingsChanged(change_id="c", user_id=NAME, revision=revision, preferences=chosen)


def entries(steps: Iterable[Step], user_id: str = NAME) -> list[Event]:
    """Tell steps as a journal does: days pass between payments."""
    told, on = list[Event](), BASE
    for number, step in enumerate(steps):
        if step.days:
            on += timedelta(days=step.days)
            told.append(a_day(on, user_id))
        told.append(spent(step.minor, on, f"t{number}", step.mcc, step.hour, user_id=user_id))
    return told


# 1. Why.


@given(history=lively_histories | lives.map(lambda steps: [eager(), *entries(steps)]))
def test_what_is_said_adds_up_to_the_score_and_reaches_the_threshold(history: list[Event]) -> None:
    for one in waking(own.event for own in Partition().fold_all(history).published):
        evidence = one.evidence
        assert evidence.score_milli is not None
        assert evidence.threshold_milli is not None
        assert evidence.score_milli >= evidence.threshold_milli
        assert sum(own.score_milli for own in evidence.contributions) == evidence.score_milli
        assert all(own.score_milli and own.sentence.strip() for own in evidence.contributions)
        names = [own.name for own in evidence.contributions]
        assert len(set(names)) == len(names)
        # What went before has a say only where something goes on.
        assert one.severity == "error" or not {"burst_short", "burst_long"} & set(names)


@given(steps=lives, frauds=known_frauds, at_least_minor=st.sampled_from((None, 0, 60_000)))
def test_a_cent_below_the_amount_that_is_named_nothing_is_said(
    steps: list[Step], frauds: list[KnownPayment], at_least_minor: int | None
) -> None:
    partition = begun(frauds, at_least_minor)
    for event in entries(steps):
        before = fork(partition)
        told = waking(partition.fold(event))
        if not told:
            continue
        assert isinstance(event, TransactionImported)
        least = bound_of(told)
        assert least <= -event.amount_minor
        for minor in {least, (least - event.amount_minor) // 2}:
            assert waking(with_amount(before, event, minor)), minor
        if least > 1:
            assert not waking(with_amount(before, event, least - 1))


def test_frauds_of_smaller_amounts_do_not_blur_from_which_amount_on_one_is_told() -> None:
    #  10 payments of about 10.00      told from X on      then frauds of 0.6 times X: still X,
    #                                                      for who hears of nothing below X - 0.01
    calm = begun(at_least_minor=0)
    calm.fold_all(entries([Step(1, 1_000 + 20 * number, GROCERIES, None) for number in range(10)]))
    on = BASE + timedelta(days=11)
    least = bound_of(fork(calm).fold(spent(10**6, on, "odd")))
    pattern = pattern_of(CATEGORY_OF[GROCERIES], log(0.6 * least), -1)
    fraud = KnownPayment(
        currency="EUR", pattern=pattern, day=on.toordinal(), is_fraud=True, weight=1
    )
    normal = fraud.model_copy(
        update={"pattern": "other", "is_fraud": False, "weight": 1_000, "signs": (0,) * 8}
    )
    calm.fold(LessonsTaught(known=(*[fraud] * 10, *[normal] * 5)))
    assert waking(fork(calm).fold(spent(int(0.6 * least), on, "like-a-fraud")))
    calm.fold(chooses_to_hear_from(least - 1, revision=2))

    assert bound_of(fork(calm).fold(spent(least * 12 // 10, on, "odd"))) == least


def bound_of(told: Iterable[UserEvent]) -> int:
    """Give the amount below which nothing would have been said."""
    (bound,) = waking(told)[0].evidence.quiet_below.values()
    assert isinstance(bound, MoneyArgument)
    return bound.amount_minor


def with_amount(before: Partition, event: TransactionImported, minor: int) -> list[UserEvent]:
    """Pay another amount, after the same past."""
    return fork(before).fold(event.model_copy(update={"amount_minor": -minor}))


# 2. From when on.


@given(steps=st.lists(payments, max_size=14), minor=st.sampled_from((1_000, 90_000, 10**9)))
def test_before_the_tenth_payment_is_known_it_is_said_how_many_are_missing(
    steps: list[Step], minor: int
) -> None:
    policy = Policy(detection=Detection(name="eager", threshold_milli=2_000))
    partition = Partition().fold_all(
        [PolicyActivated(version="p", policy=policy), a_day(BASE), *entries(steps)]
    )
    learned = habits(partition).learned if steps else 0
    on = BASE + timedelta(days=sum(step.days for step in steps))
    told = partition.fold(spent(minor, on, "last"))

    found = view(partition, "last")
    assert found.history == learned
    assert found.missing == max(0, 10 - learned)
    assert found.outcome == ("scored" if learned >= 10 else "insufficient_history")
    assert learned >= min(10, len(steps))
    if found.missing:
        assert not unusual_ones(told)
    elif minor == 10**9:
        assert waking(told)


# 3. Whoever steals does not teach.


def usual_life(days: int = 120) -> list[Event]:
    """Buy food each noon, eat out on each third evening, and buy something on each tenth day."""
    events: list[Event] = []
    for day in range(days):
        on = BASE + timedelta(days=day)
        events.append(spent(2_000 + 37 * (day % 7), on, f"food{day}", GROCERIES, NOON))
        if day % 3 == 0:
            events.append(spent(4_000 + 50 * (day % 5), on, f"dining{day}", DINING, EVENING))
        if day % 10 == 0:
            events.append(spent(6_000 + 90 * (day % 4), on, f"thing{day}", SHOPPING, NOON))
        events.append(a_day(on))
    return events


def thefts(mcc: str, on: date, count: int = 20) -> list[Event]:
    """Steal 900.00 every two hours, for two days."""
    events: list[Event] = []
    for number in range(count):
        day, hour = on + timedelta(days=number // 12), 2 * (number % 12)
        events.append(spent(90_000, day, f"theft{number}", mcc, hour))
    return events


class Baseline(NamedTuple):
    """What is usual for a user, as far as it can be told in a line."""

    usual_minor: int
    scatter_nats: float
    at_night_percent: float
    """Of the payments whose hour is known."""
    quiet_below_minor: int
    """From which amount on the next such payment would be told."""


def baseline(partition: Partition, mcc: str, on: date) -> Baseline:
    """Say what is usual in a category, at noon of a day on which the user would hear of anything.

    The threshold is the one of before, so that this tells of the baseline alone.
    """
    of = habits(partition)
    own, hours = of.amounts[CATEGORY_OF[mcc]], of.hours
    night = sum(hours[hour] for hour in range(6)) * 100 / sum(hours)
    return Baseline(round(exp(own.middle)), own.scatter, night, would_be_told(partition, mcc, on))


def would_be_told(partition: Partition, mcc: str, on: date) -> int:
    """Find the amount from which on the user would be told, days after all bursts."""
    of_all = fork(partition)
    detections(of_all).held.clear()  # What waits is to teach nothing meanwhile.
    of_all.fold(a_day(on))
    of = habits(of_all)
    of.episode_until, of.leniency = 0, Habits().leniency
    return bound_of(of_all.fold(spent(10**9, on, "probe", mcc, NOON)))


class Poisoned(NamedTuple):
    """What a burst of thefts did to a baseline, and what the same days without it did."""

    before: Baseline
    burst: Baseline
    released: Baseline
    twin: Baseline
    alerts: int
    flagged: int


def poisoned(mcc: str, *, days: int = 120) -> Poisoned:
    """Let thieves buy in a category of the user's own, and nobody say anything."""
    victim = Partition().fold_all(usual_life(days))
    first = BASE + timedelta(days=days)
    later = first + timedelta(days=20)
    before = baseline(victim, mcc, later)
    twin = fork(victim).fold_all([a_day(first + timedelta(days=6))])
    told = [one for event in thefts(mcc, first) for one in victim.fold(event)]
    flagged = sum(Kept.unpacked(one).told for one in detections(victim).kept.values())
    burst = baseline(victim, mcc, later)
    victim.fold(a_day(first + timedelta(days=6)))
    released, without = baseline(victim, mcc, later), baseline(twin, mcc, later)
    return Poisoned(before, burst, released, without, len(waking(told)), flagged)


@pytest.mark.parametrize(
    ("mcc", "usual_percent", "scatter_times"), [(GROCERIES, 2, 1.3), (SHOPPING, 25, 3.0)]
)
def test_twenty_thefts_of_which_nobody_speaks_shift_the_baseline_only_so_far(
    mcc: str, usual_percent: int, scatter_times: float
) -> None:
    #  120 days of an ordinary life     20 times 900.00 in two days     6 days later
    #  groceries: 120 of about 21       at most two alerts              learned, as far as held
    #  things: 12 of about 61
    found = poisoned(mcc)
    usual, released = found.twin, found.released

    assert (found.alerts, found.flagged) == (2, 20)
    assert found.burst[:3] == found.before[:3]  # What waits has taught nothing.
    assert released.usual_minor <= usual.usual_minor * (100 + usual_percent) / 100
    assert released.scatter_nats <= usual.scatter_nats * scatter_times
    assert released.at_night_percent <= 2.0
    # Until then all that moves is everybody's threshold, by two alerts.
    assert found.burst.quiet_below_minor <= found.before.quiet_below_minor * 1.01
    # Afterwards, too, anything a sixth as large as the thefts is told.
    assert found.before.quiet_below_minor <= released.quiet_below_minor <= 15_000


@pytest.mark.parametrize("mcc", [GROCERIES, SHOPPING, FUEL])
def test_confirmed_thefts_never_teach(mcc: str) -> None:
    victim = Partition().fold_all(usual_life(60))
    before = deepcopy(habits(victim))
    victim.fold_all(thefts(mcc, march(70)))
    for number in range(20):
        victim.fold(of_fraud(f"theft{number}", "confirmed"))
    assert not detections(victim).held
    victim.fold(a_day(march(90)))

    after = habits(victim)
    assert (after.amounts, after.hours, after.learned) == (
        before.amounts,
        before.hours,
        before.learned,
    )


@given(
    steps=lives,
    verdict=st.sampled_from((None, "normal", "denied", "confirmed", "dismissed")),
    days=st.integers(0, 5),
)
def test_what_was_told_teaches_once_it_is_cleared_and_fraud_never(
    steps: list[Step], verdict: Any, days: int
) -> None:
    partition = begun().fold_all([*entries(steps), *entries_of_calm(steps)])
    on = BASE + timedelta(days=sum(step.days for step in steps) + 10)
    (alert,) = waking(partition.fold(spent(10**8, on, "odd", hour=NOON)))
    before = habits(partition).learned
    identity = identity_of(CURRENT, "odd")
    assert identity in detections(partition).held

    if verdict in {"normal", "dismissed"}:
        partition.fold(answer(alert.alert_id, verdict))
    elif verdict is not None:
        partition.fold(of_fraud("odd", verdict))
    is_cleared = verdict in {"normal", "denied"}
    assert habits(partition).learned - before == is_cleared
    partition.fold(a_day(on + timedelta(days=days)))
    # A day that has passed ends at midnight; three days after noon is on the third day after.
    is_late = days >= EPISODE_S // 86_400
    assert habits(partition).learned - before == (
        is_cleared or (is_late and verdict != "confirmed")
    )
    assert (identity in detections(partition).held) is not (
        is_late or verdict not in {None, "dismissed"}
    )


def entries_of_calm(steps: Iterable[Step]) -> list[Event]:
    """Let ten days pass, so that nothing of before goes on."""
    on = BASE + timedelta(days=sum(step.days for step in steps) + 10)
    return [a_day(on)]


# 4. One alert an episode.


@pytest.fixture
def home() -> Household:
    """Make a household that pays about 10.00 each day, and of which enough is known."""
    home = Household()
    home.pays_as_usual(until=BASE)
    home.sleeps(BASE)
    return home


def test_of_an_episode_one_hears_twice_at_most(home: Household) -> None:
    #  March 1          2                  3          |  8
    #  900: raised     800: it goes on    700: -      |  900: raised anew
    raised = only(AlertRaised, home.pays(90_000, march(1), "one"))
    home.sleeps(march(2))
    updated = only(AlertUpdated, home.pays(80_000, march(2), "two"))
    home.sleeps(march(3))
    assert none_of(Alert, home.pays(70_000, march(3), "three"))
    home.sleeps(march(8))
    anew = only(AlertRaised, home.pays(200_000, march(8), "four"))

    assert (raised.severity, updated.severity) == ("warning", "error")
    assert (updated.alert_id, updated.revision) == (raised.alert_id, 2)
    named = [one.transaction_id for one in updated.evidence.transactions]
    assert named == ["one", "two"]
    assert anew.alert_id != raised.alert_id
    assert anew.revision == 1


def test_when_what_began_it_is_removed_all_is_taken_back_and_the_next_is_raised_anew(
    home: Household,
) -> None:
    raised = only(AlertRaised, home.pays(90_000, march(1), "one"))
    only(AlertUpdated, home.pays(80_000, march(1), "two"))
    gone = only(AlertRetracted, home.pays(90_000, march(1), "one", status="removed"))
    anew = only(AlertRaised, home.pays(95_000, march(2), "three"))

    assert (gone.alert_id, gone.revision) == (raised.alert_id, 3)
    assert anew.alert_id != raised.alert_id


def test_what_was_sent_as_history_begins_no_episode_that_news_could_go_on_with(
    home: Household,
) -> None:
    #  March 1: 900 as history     1: 850 as news
    #  -                           raised, and nothing is said of what was before
    assert none_of(Alert, home.pays(90_000, march(1), "old", backfill=True))
    raised = only(AlertRaised, home.pays(85_000, march(1), "new"))

    assert raised.severity == "warning"
    assert [one.transaction_id for one in raised.evidence.transactions] == ["new"]


def test_an_episode_ends_as_well_when_what_its_hold_became_is_removed(home: Household) -> None:
    #  March 1: hold      2: posted      2: removed         2
    #  raised             -              retracted      950: raised anew, no part of that
    raised = only(AlertRaised, home.pays(90_000, march(1), "hold", status="pending"))
    home.pays(90_000, march(2), "posted", pending_transaction_id="hold")
    gone = only(AlertRetracted, home.pays(90_000, march(2), "posted", status="removed"))
    assert gone.alert_id == raised.alert_id

    anew = only(AlertRaised, home.pays(95_000, march(2), "another"))
    assert anew.severity == "warning"
    assert not {identity_of(CURRENT, name) for name in ("hold", "posted")} & {
        *detections(home.partition).held,
        *detections(home.partition).kept,
    }


@pytest.mark.parametrize("into", ["posted", "one"], ids=["posted", "corrected"])
def test_what_turns_out_to_be_less_than_would_have_been_told_of_is_taken_back(
    home: Household, into: str
) -> None:
    #  March 1: hold of 900      2: it is of 40      2
    #  raised                    retracted        950: raised anew, no part of that
    raised = only(AlertRaised, home.pays(90_000, march(1), "one", status="pending"))
    tied = {"pending_transaction_id": "one"} if into == "posted" else {}
    gone = only(AlertRetracted, home.pays(4_000, march(2), into, **tied))
    assert gone.alert_id == raised.alert_id
    assert not detections(home.partition).held

    anew = only(AlertRaised, home.pays(95_000, march(2), "another"))
    assert anew.severity == "warning"


def test_what_stays_as_large_as_would_have_been_told_of_stands_and_teaches_what_it_became(
    home: Household,
) -> None:
    raised = only(AlertRaised, home.pays(90_000, march(1), "one", status="pending"))
    least = raised.evidence.quiet_below["amount"]
    assert isinstance(least, MoneyArgument)

    assert none_of(
        Alert, home.pays(least.amount_minor, march(1), "two", pending_transaction_id="one")
    )
    held = detections(home.partition).held[identity_of(CURRENT, "two")]
    assert held.minor == least.amount_minor
    only(
        AlertRetracted,
        home.pays(least.amount_minor - 1, march(1), "two", pending_transaction_id="one"),
    )


def test_what_turns_out_to_be_a_transfer_to_an_own_account_is_taken_back(
    home: Household,
) -> None:
    home.opens(CURRENT, "checking")
    home.opens("savings", "savings")
    raised = only(AlertRaised, home.pays(90_000, march(1), "one", description="TO SAVER"))
    told = home.gets(90_000, march(2), "in", account_id="savings", kind="transfer")
    gone = only(AlertRetracted, told)

    assert gone.alert_id == raised.alert_id
    assert not detections(home.partition).held
    assert identity_of(CURRENT, "one") not in detections(home.partition).kept


def test_who_says_that_all_is_normal_clears_all_that_the_alert_named(home: Household) -> None:
    raised = only(AlertRaised, home.pays(90_000, march(1), "one"))
    only(AlertUpdated, home.pays(80_000, march(1), "two"))
    before = habits(home.partition).learned
    home.hears(answer(raised.alert_id, "normal"))

    assert not detections(home.partition).held
    assert habits(home.partition).learned == before + 2


def test_what_claims_to_be_of_a_far_day_silences_nobody() -> None:
    #  before any day has passed: 900 of 2090, then a life in 2025, and 900 in it
    home = Household()
    home.pays_as_usual(until=BASE)
    only(AlertRaised, home.pays(90_000, date(2090, 1, 1), "far"))
    home.sleeps(BASE)

    raised = only(AlertRaised, home.pays(95_000, BASE, "near"))
    assert raised.severity == "warning"


# 5. What becomes of a payment, in whatever order it comes.


ORDERS = [list(order) for order in permutations(("posted", "removed", "confirmed", "again"))]


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_a_hold_is_posted_removed_and_confirmed_in_any_order(
    home: Household, order: list[str]
) -> None:
    only(AlertRaised, home.pays(90_000, march(1), "hold", status="pending"))
    learned = habits(home.partition).learned
    name = "hold"
    for number, what in enumerate(order, start=1):
        if what == "posted":
            name = "posted"
            home.pays(90_000, march(2), name, pending_transaction_id="hold")
        elif what == "removed":
            home.pays(90_000, march(2), name, status="removed")
        else:
            home.hears(of_fraud(name, "confirmed", revision=number))
    home.sleeps(march(20))

    memory = detections(home.partition)
    assert not memory.held
    # Where it is removed first, what is posted later is a payment of its own.
    is_news = order.index("removed") < order.index("posted")
    is_confirmed_last = max(map(order.index, ("confirmed", "again"))) > order.index("posted")
    if not is_news:
        assert habits(home.partition).learned == learned
    told = [one for one in taught_of(home.partition, KnownPayment) if one.is_fraud]
    assert len(told) <= 1 + (is_news and is_confirmed_last)
    assert home.partition.shared.customary.frauds.confirmed == len(told)
    assert len(told) >= 1


def taught_of(partition: Partition, kind: type[Any]) -> list[Any]:
    """List what was taught of a kind, as it stands in the journal."""
    return [
        one
        for event in partition.journal
        if isinstance(event, LessonsTaught)
        for one in (*event.seen, *event.known)
        if isinstance(one, kind)
    ]


def test_a_fraud_that_is_confirmed_again_under_any_name_counts_once(home: Household) -> None:
    home.pays(90_000, march(1), "hold", status="pending", merchant_name="Vento", kind="card")
    home.hears(of_fraud("hold", "confirmed"))
    home.pays(
        90_000,
        march(2),
        "posted",
        pending_transaction_id="hold",
        merchant_name="Vento",
        kind="card",
    )
    home.hears(of_fraud("hold", "confirmed", revision=2))
    home.hears(of_fraud("hold", "confirmed", revision=2))
    home.hears(of_fraud("posted", "confirmed"))

    assert home.partition.verdicts[-2] is Verdict.REPEAT
    frauds = home.partition.shared.customary.frauds
    assert frauds.confirmed == 1
    (rate,) = frauds.merchants.values()
    assert rate.frauds == 1.0


def test_a_word_on_fraud_that_comes_late_still_teaches_and_a_stale_one_never(
    home: Household,
) -> None:
    #  March 1            4: learned, as nobody had spoken      31: "fraud"      "no", but earlier
    home.pays(90_000, march(1), "odd")
    home.sleeps(march(31))
    assert not detections(home.partition).kept
    home.hears(of_fraud("odd", "confirmed", revision=5))
    state = home.partition.state
    home.hears(of_fraud("odd", "denied", revision=4))

    assert home.verdict is Verdict.STALE
    assert home.partition.state == state
    (known,) = taught_of(home.partition, KnownPayment)
    assert (known.is_fraud, known.signs, known.told) == (True, None, False)


def test_who_confirms_a_fraud_and_then_denies_it_teaches_what_a_denial_alone_would(
    home: Household,
) -> None:
    #  another fraud is known     900 of Vento: "fraud"     "no, it was me"     "fraud, after all"
    home.pays(1_000, march(1), "known")
    home.hears(of_fraud("known", "confirmed"))
    home.pays(90_000, march(1), "odd", merchant_name="Vento", kind="card")
    straight = fork(home.partition)
    straight.fold(of_fraud("odd", "denied", revision=2))
    only_denied = straight.shared.customary
    home.hears(of_fraud("odd", "confirmed", revision=1))
    confirmed = deepcopy(home.partition.shared.customary)
    home.hears(of_fraud("odd", "denied", revision=2))

    denied = home.partition.shared.customary
    assert confirmed.of("EUR")[1].cells != only_denied.of("EUR")[1].cells
    assert denied.of("EUR")[1].cells == only_denied.of("EUR")[1].cells
    (merchant,) = set(denied.frauds.merchants) - set(only_denied.frauds.merchants)
    assert confirmed.frauds.merchants[merchant].frauds == 1.0
    assert denied.frauds.merchants[merchant].frauds == 0.0
    apart = [
        abs(one.frauds.weights[name] - only_denied.frauds.weights[name])
        for one in (confirmed, denied)
        for name in only_denied.frauds.weights
    ]
    assert max(apart[: len(apart) // 2]) > 0.05
    assert max(apart[len(apart) // 2 :]) < 0.01

    home.hears(of_fraud("odd", "denied", revision=3))
    assert home.partition.shared.customary.frauds.confirmed == 1
    home.hears(of_fraud("odd", "confirmed", revision=4))
    assert home.partition.shared.customary.frauds.confirmed == 2


def test_a_fraud_in_a_currency_of_which_nothing_is_known_is_remembered(home: Household) -> None:
    home.pays(90_000, march(1), "rent", currency="USD", kind="direct_debit")
    home.hears(of_fraud("rent", "confirmed"))

    (known,) = taught_of(home.partition, KnownPayment)
    cells = home.partition.shared.customary.customs["USD"].cells
    assert cells[known.pattern] == [1, 1]


@pytest.mark.parametrize("frauds", [0, 1])
def test_silence_teaches_only_where_a_fraud_is_known(home: Household, frauds: int) -> None:
    if frauds:
        home.pays(90_000, march(1), "stolen")
        home.hears(of_fraud("stolen", "confirmed"))
    home.sleeps(march(5))
    home.pays(1_100, march(5), "calm")
    home.sleeps(march(5 + SILENT_DAYS - 1))
    assert identity_of(CURRENT, "calm") in detections(home.partition).kept
    assert not known_of(home.partition, march(5))
    home.sleeps(march(5 + SILENT_DAYS))

    assert not detections(home.partition).kept
    assert [one.is_fraud for one in known_of(home.partition, march(5))] == [False] * frauds
    assert frauds or home.partition.shared.customary.frauds == Frauds()


def known_of(partition: Partition, on: date) -> list[KnownPayment]:
    """List what was taught of a day's payments."""
    return [one for one in taught_of(partition, KnownPayment) if one.day == on.toordinal()]


# 6. Replays, others, and a shadow.


spoken = st.lists(
    st.tuples(st.integers(0, 17), st.sampled_from(("normal", "dismissed", "confirmed", "denied"))),
    max_size=5,
)


def answered(steps: list[Step], said: list[tuple[int, Any]]) -> Iterable[Event]:
    """Let answers come between payments, to some alerts and of some payments."""
    events = entries(steps)
    for number, (of, verdict) in enumerate(said):
        is_of_alert = verdict in {"normal", "dismissed"}
        name = f"t{of}"
        about = (
            answer(alert_of(name), verdict, number)
            if is_of_alert
            else of_fraud(name, verdict, number)
        )
        events.insert(min(len(events), 2 * of + number), about)
    return events


def alert_of(name: str) -> str:
    key = f"unusual_payment:{identity_of(CURRENT, name):016x}"
    return deterministic_id("alert", [NAME, key, ""])


@given(steps=lives, said=spoken)
def test_the_journal_alone_gives_the_same_bytes_again(
    steps: list[Step], said: list[tuple[int, Any]]
) -> None:
    lived = begun().fold_all(answered(steps, said))
    again = Partition(teaches=False).fold_all(lived.journal)

    assert again.wire == lived.wire
    assert again.stored == lived.stored
    assert again.rows == lived.rows


@given(steps=lives, said=spoken, of_others=lives)
def test_a_user_is_made_again_from_their_own_entries_and_the_lessons(
    steps: list[Step], said: list[tuple[int, Any]], of_others: list[Step]
) -> None:
    other = "household-2"
    partition, own, others = begun(), [*answered(steps, said)], entries(of_others, other)
    for at_, event in enumerate(own):
        partition.fold_all([event, *others[2 * at_ : 2 * at_ + 2]])
    alone = Partition(teaches=False).fold_all(
        event for event in partition.journal if getattr(event, "user_id", NAME) == NAME
    )

    assert alone.stored[NAME] == partition.stored[NAME]
    assert [one.event for one in alone.published] == [
        one.event for one in partition.published if one.event.user_id == NAME
    ]


SHADOW = Detection(
    name="shadow",
    threshold_milli=3_000,
    history=2,
    weights=(SignWeight(sign="size", milli=2_500), SignWeight(sign="amount", milli=300)),
)


def without_shadows(partition: Partition) -> dict[str, Any]:
    """Give all states, but for the note whether the shadow would have told."""
    for user_id in sorted({*partition.stored, *partition.cached}):
        memory = detections(partition, user_id)
        for looks in (memory.kept, memory.frauds):
            for identity, packed in looks.items():
                if packed:
                    own = Kept.unpacked(packed)._replace(shadow_told=False)
                    looks[identity] = own.packed()
    return partition.state


@given(steps=lives, said=spoken)
def test_a_shadow_changes_nothing_that_anybody_sees(
    steps: list[Step], said: list[tuple[int, Any]]
) -> None:
    told, watched = Partition(), Partition()
    told.fold_all([eager(), a_day(BASE), *answered(steps, said)])
    watched.fold_all([eager(SHADOW), a_day(BASE), *answered(steps, said)])

    assert watched.wire == told.wire
    assert without_shadows(watched) == without_shadows(told)
    seen, compared = taught_of(watched, SeenPayment), watched.shared.customary.frauds.compared
    active, shadow = [one.told == "raised" for one in seen], [one.shadow_told for one in seen]
    assert (compared.name, compared.payments) == ("shadow", len(seen))
    assert compared.both + compared.only_active == sum(active)
    assert compared.both + compared.only_shadow == sum(shadow)
    known = [one for one in taught_of(watched, KnownPayment) if one.is_fraud]
    assert (
        compared.frauds_both
        + compared.frauds_only_active
        + compared.frauds_only_shadow
        + compared.frauds_neither
    ) == len(known)


@given(steps=lives)
def test_a_shadow_that_is_promoted_decides_by_its_own_threshold_and_weights(
    steps: list[Step],
) -> None:
    partition = Partition().fold_all([eager(SHADOW), a_day(BASE), *entries(steps)])
    offset = partition.shared.customary.offsets("EUR").shadow
    promoted = PolicyActivated(version="promoted", policy=Policy(detection=SHADOW))
    partition.fold(promoted)
    on = BASE + timedelta(days=sum(step.days for step in steps))
    lenient = habits(partition).leniency.at(on.toordinal() * 86_400 + 43_200, 1.0)
    rows = every_shared_row(partition.shared)
    partition.fold(promoted)
    assert every_shared_row(partition.shared) == rows
    partition.fold(spent(700, on, "next"))

    assert partition.shared.customary.frauds.weights == start_of(SHADOW)
    threshold = SHADOW.threshold + offset + lenient
    assert view(partition, "next").threshold_milli == round(threshold * 1_000)


def test_another_configuration_begins_at_its_own_threshold(home: Household) -> None:
    #  a threshold that has come down by 5 nats; then another configuration, which starts at 2
    home.pays(1_000, march(1), "a")
    home.partition.shared.customary.customs["EUR"].offsets.raised = -5.0
    home.partition.fold(eager())
    home.pays(1_000, march(1), "b")

    assert 1_500 <= view(home.partition, "b").threshold_milli <= 2_400


# 7. It stays small.


def size_of(partition: Partition) -> int:
    return len(msgspec.msgpack.encode(detections(partition)))


MCCS = (
    *("5411", "5812", "5541", "5912", "4111", "5942", "5651", "7832", "5732", "4121"),
    *("7011", "5814", "5921", "7230", "8011", "5200"),
)


@pytest.mark.parametrize("seen", [0, ALL_TEACH])
def test_a_year_of_a_typical_user_is_remembered_in_a_kilobyte(seen: int) -> None:
    partition = Partition()
    partition.shared.customary.customs["EUR"] = Custom({EVERYTHING: Spread(seen, 7.0, 1.0)})
    for number in range(365):
        on = BASE + timedelta(days=number)
        minor = 1_500 + number * 37 % 900 if number % 30 else 90_000
        partition.fold(spent(minor, on, f"t{number}", MCCS[number * 7 % 16], 8 + number * 5 % 14))
        partition.fold(a_day(on))

    assert len(habits(partition).amounts) == 16 + 1
    assert size_of(partition) <= 1_024


def test_whoever_pays_for_anything_at_any_time_is_remembered_in_two_kilobytes() -> None:
    shops = ["HOBBY" + "".join("BCDFGHJKLM"[int(one)] for one in f"{n:03}") for n in range(200)]
    own = [OwnCategory(category=f"own:hobby-{n}", name="H", parent="shopping") for n in range(200)]
    rules = [
        FilingRule(rule_id=f"r{n}", category=own[n].category, text_contains=shop)
        for n, shop in enumerate(shops)
    ]
    chosen = Preferences(categories=tuple(own), filing_rules=tuple(rules))
    partition = Partition().fold_all(
        [eager(), SettingsChanged(change_id="c", user_id=NAME, revision=1, preferences=chosen)]
    )
    flagged, most = 0, 0
    for number in range(10_000):
        on = BASE + timedelta(days=number // 28)
        minor = 1_500 + number * 37 % 900 if number % 20 else 90_000 * (1 + number % 7)
        payment = paid(
            minor, on, f"t{number}", description=shops[number * 7 % 200], occurred_at=at(on, 12)
        )
        partition.fold(payment)
        if number % 28 == 27:
            partition.fold(a_day(on))
        memory = detections(partition)
        flagged += identity_of(CURRENT, f"t{number}") in memory.held
        most = max(most, size_of(partition)) if number % 9 == 0 else most

    assert flagged > 200
    assert len(memory.by_currency["EUR"].amounts) <= CATEGORIES_MAX
    assert (len(memory.held), len(memory.kept)) <= (HELD_MAX, KEPT_MAX)
    assert most <= 2_500, most
    # What a user's own categories are is nothing that others could learn.
    assert not [name for name in partition.shared.customary.customs["EUR"].counts if "own:" in name]


def test_frauds_that_are_confirmed_are_remembered_within_bounds(home: Household) -> None:
    for number in range(2 * FRAUDS_MAX):
        home.pays(1_000, march(1), f"t{number}")
        home.hears(of_fraud(f"t{number}", "confirmed"))

    assert len(detections(home.partition).frauds) == FRAUDS_MAX


kept_ones = st.builds(
    Kept,
    day=st.integers(FIRST_DATE.toordinal(), LAST_DATE.toordinal()),
    signs=st.lists(st.integers(0, 9_180), min_size=8, max_size=8).map(tuple),
    hour=st.integers(-1, 23),
    weight=st.integers(1, 8),
    told=st.booleans(),
    shadow_told=st.booleans(),
)


@given(kept=kept_ones)
def test_what_is_kept_of_a_payment_survives_its_bytes(kept: Kept) -> None:
    again = Kept.unpacked(kept.packed())

    assert again._replace(signs=kept.signs) == kept
    assert all(abs(one - own) <= 18 for one, own in zip(again.signs, kept.signs, strict=True))
    assert Kept.unpacked(again.packed()) == again
