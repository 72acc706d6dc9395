"""Notice payments that are unlike the user's own: score first, learn later.

What was told of teaches nothing until it is cleared. What all users of the partition have in common
they learn from the journal, to which each payment adds what it teaches them.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from models.anomaly.rules import DAY_S
from processors.state.book import Change
from processors.state.clearing import heed, heed_silence, release, turned_out_usual
from processors.state.customary import UNIT
from processors.state.filing import category_for_others
from processors.state.habits import Detections, Held, pack
from processors.state.judging import HOUR_S, Bar, Features, Judge, Scores, features_of, is_spent
from processors.state.news import is_news
from processors.state.notes import Assessed, Note, Surprise
from processors.state.sections import Section
from processors.state.transaction import Transaction
from processors.state.view import View
from schemas.feedback import FeedbackGiven
from schemas.journal import DayPassed, SeenPayment
from schemas.transactions import TransactionImported

AGREED_BEFORE = frozenset({"direct_debit", "standing_order"})
EPISODE_S = 3 * DAY_S
"""So long an episode goes on, and so long what was told of waits to be cleared."""
ALL_TEACH = 50_000
"""So many payments in a currency teach all users, each for itself."""
ONE_IN = 8
"""Later, one in so many; and one in so many ordinary ones is remembered until it is known."""
KEPT_FROM = 6 * UNIT
"""From this surprise on, every payment is remembered until it is known what it was."""
_APART_MOST_S = 30 * DAY_S


def detect(section: Section[Detections, None], view: View) -> list[Note]:
    """Judge each new payment, and heed what was said of former ones."""
    memory, event = section.hot, view.entry.event
    for change in view.changes:
        _follow(memory, view, change)
    if isinstance(event, FeedbackGiven):
        return list(heed(memory, view, event))
    if isinstance(event, DayPassed):
        release(memory, view, (view.today + 1) * DAY_S)
        return list(heed_silence(memory, view))
    news = [change.after for change in view.changes if _is_judged(change)]
    return [note for payment in news for note in _meet(memory, view, payment)]


def _follow(memory: Detections, view: View, change: Change) -> None:
    payment = change.after
    if change.first_sight and payment.replaces is not None:
        memory.rename(payment.replaces.identity, payment.identity)
    if change.of_former and payment.gone != "replaced":
        memory.correct(payment.identity, -payment.amount_minor)
        for identity in turned_out_usual(view, change):
            memory.drop(identity)


def _is_judged(change: Change) -> bool:
    """Leave out what was agreed long ago: rent surprises nobody, however large it is."""
    payment = change.after
    return (
        change.first_sight
        and payment.replaces is None
        and payment.kind not in AGREED_BEFORE
        and is_spent(payment)
    )


def _meet(memory: Detections, view: View, payment: Transaction) -> Iterator[Note]:
    """Score a payment, decide, and only then learn."""
    event, policy = view.entry.event, view.shared.policy
    assert isinstance(event, TransactionImported), "only an import brings a new payment"
    # What a user calls their own is held against what others call so.
    category = category_for_others(payment.category, view.user)
    x = features_of(payment, category, _second_of(event.occurred_at), view.today)
    release(memory, view, x["instant"])
    habits = memory.habits(payment.currency)
    judge = Judge(habits, payment, view.shared)
    scores, bar = judge.score(x), judge.bar(x["instant"])
    missing = max(0, policy.detection.history - habits.learned)
    assessed = Assessed(
        payment.identity, scores.surprise, scores.episode, bar.raised, habits.learned, missing
    )
    yield assessed
    speaks = is_news(payment, view.today)
    decided = _decide(judge, x["instant"], scores, bar, is_known=not missing, speaks=speaks)
    if decided.told is None:
        judge.detector.learn_one(x)
        habits.learned += 1
        habits.forget_rarest()
    else:
        yield _surprise(judge, x, scores, bar, assessed, goes_on=decided.told == "joined")
        memory.hold(payment.identity, _held(payment, x))
    judge.detector.feel_one(x, scores.surprise / UNIT)
    weight = 1 if judge.customs.count < ALL_TEACH else _drawn(payment)
    _keep(memory, payment, x, scores, decided, weight, has_shadow=judge.has_shadow)
    if weight or decided.told or decided.shadow_told:
        yield SeenPayment(
            currency=payment.currency,
            category=category,
            hour=x["hour"],
            measures=scores.judged.measures,
            weight=weight,
            apart_s=decided.apart_s,
            told=decided.told,
            shadow_told=decided.shadow_told,
        )


def _second_of(instant: datetime | None) -> int | None:
    """Count the seconds since year 1."""
    if instant is None:
        return None
    return (
        instant.toordinal() * DAY_S + instant.hour * HOUR_S + instant.minute * 60 + instant.second
    )


class Decided(NamedTuple):
    """Whether to tell the user, and how long it is since their payment before."""

    apart_s: int
    told: Literal["raised", "joined"] | None
    shadow_told: bool


def _decide(
    judge: Judge, instant: int, scores: Scores, bar: Bar, *, is_known: bool, speaks: bool
) -> Decided:
    """Raise, or go on with what was raised; who was told is told less easily for a while.

    What is no news teaches as little as the rest that stands out; but nothing can go on with it.
    """
    habits = judge.habits
    # Banks deliver late, too: what is long before an episode is no part of it either.
    is_open = abs(instant + EPISODE_S - habits.episode_until) < EPISODE_S
    raised = is_known and not is_open and scores.surprise >= bar.raised
    joined = is_known and is_open and scores.episode >= bar.joined
    apart_s = instant - habits.last if habits.last else 0
    habits.last = max(habits.last, instant)
    is_alert = raised and speaks
    habits.leniency = habits.leniency.told(instant, judge.alerts_a_month, is_alert=is_alert)
    if is_alert:
        habits.episode = judge.payment.identity
    if (raised or joined) and speaks:
        habits.episode_until = instant + EPISODE_S
    return Decided(
        min(max(0, apart_s), _APART_MOST_S),
        "raised" if raised else "joined" if joined else None,
        is_known and not is_open and judge.has_shadow and scores.shadow >= bar.shadow,
    )


def _drawn(payment: Transaction) -> int:
    """Say as how many a payment counts, by its name: some stand for all."""
    return ONE_IN if payment.identity % ONE_IN == 0 else 0


def _surprise(
    judge: Judge, x: Features, scores: Scores, bar: Bar, assessed: Assessed, *, goes_on: bool
) -> Surprise:
    """Say why, and from which amount on it would have been told as well."""
    reached = bar.joined if goes_on else bar.raised
    return Surprise(
        judge.payment,
        assessed,
        judge.habits.episode if goes_on else judge.payment.identity,
        scores.episode if goes_on else scores.surprise,
        reached,
        tuple(scores.contributions(with_bursts=goes_on).items()),
        judge.against(x),
        judge.quiet_below(x, reached_milli=reached, with_episode=goes_on),
    )


def _held(payment: Transaction, x: Features) -> Held:
    until = x["instant"] + EPISODE_S
    return Held(until, payment.currency, x["category"], x["minor"], x["hour"], x["instant"])


def _keep(
    memory: Detections,
    payment: Transaction,
    x: Features,
    scores: Scores,
    decided: Decided,
    weight: int,
    *,
    has_shadow: bool,
) -> None:
    """Remember what is likely to be spoken of, and of the rest what stands for it."""
    is_told = decided.told is not None
    if is_told or scores.surprise >= KEPT_FROM:
        weight = 1
    if weight:
        # Only what decides has episodes: what joins one must speak for neither configuration.
        shadow_told = decided.shadow_told or (has_shadow and decided.told == "joined")
        day, nats, hour = payment.booked_on, scores.judged.nats, x["hour"]
        looks = pack(day, nats, hour, weight, told=is_told, shadow_told=shadow_told)
        memory.keep(payment.identity, looks)
