"""The fold: settle what happened, observe what it means, speak of what matters.

Settling processors see the entry and write a draft of the user's book, and their own memory. The
draft is compared with the book once, so money moves by one path whatever the cause. Observing
processors own one section of the state each and read the rest through a view. Speaking processors
turn notes into events.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from processors.accounts import accounts
from processors.aggregate import aggregate
from processors.alert import alert
from processors.answers import answers
from processors.categorize import categorize
from processors.detect import detect
from processors.forecast import forecast
from processors.learn import learn
from processors.pause import paused
from processors.plan import plan
from processors.preferences import preferences
from processors.publish import enriched, made
from processors.reconcile import reconcile
from processors.refunds import refunds
from processors.state.book import Draft
from processors.state.entry import Entry
from processors.state.notes import Assessed
from processors.state.shared import LONG_AGO, Challenger, Former, Shared
from processors.state.user import User
from processors.state.verdict import Settled, Verdict
from processors.state.view import View
from processors.tell import tell
from processors.transfers import transfers
from processors.twins import twins
from processors.watch import watch
from schemas.event import UserEvent
from schemas.journal import (
    ChallengerSet,
    DayPassed,
    KnownPayment,
    LessonsTaught,
    ModelActivated,
    PolicyActivated,
    SeenPayment,
    Taught,
    UserErased,
)
from schemas.refusals import Refusal
from schemas.transactions import TransactionImported

SETTLE = (
    *(reconcile, categorize, learn, accounts, preferences),
    *(twins, transfers, refunds, answers),
)
OBSERVE = {
    "aggregate": aggregate,
    "plan": plan,
    "detect": detect,
    "watch": watch,
    "forecast": forecast,
}
NOTHING_NEW = frozenset({Verdict.REPEAT, Verdict.STALE})


class Folded(NamedTuple):
    """What came of one entry: events to publish, and a verdict to count or a refusal to keep."""

    events: tuple[UserEvent, ...]
    verdict: Verdict | Refusal
    taught: tuple[Taught, ...] = ()
    """What all users are to be taught, once it stands in the journal."""


def fold(user: User, shared: Shared, entry: Entry) -> Folded:
    """Fold an entry of one user into the state; the state given is changed in place."""
    if isinstance(entry.event, UserErased):
        user.erase()
        return Folded((), Verdict.APPLIED)
    if (refusal := paused(shared, entry)) is not None:
        return Folded((), refusal)
    today = shared.today(user.user_id)
    _follow(shared, entry)
    draft = Draft(user.book)
    verdict = _settle(draft, user, shared, entry)
    if isinstance(verdict, Refusal) or verdict in NOTHING_NEW:
        return Folded((), verdict)
    view = View(entry, draft.commit(), user, shared, today)
    for name, observe in OBSERVE.items():
        noted = observe(getattr(user, name), view)  # type: ignore[operator] # Each takes its own.
        if noted:
            view = view.with_notes(noted)
    events = [*enriched(user, view.changes, view.noted(Assessed)), *made(user.user_id, view.notes)]
    events += alert(user.alerts, view)
    events += tell(user.insights, view)
    taught = (*draft.taught, *view.noted(SeenPayment), *view.noted(KnownPayment))
    return Folded(tuple(events), verdict, taught)


def _settle(draft: Draft, user: User, shared: Shared, entry: Entry) -> Verdict | Refusal:
    """Ask each settling processor; the first that has an opinion names the verdict."""
    verdict: Settled = None
    for settle in SETTLE:
        opinion = settle(draft, user, shared, entry)
        verdict = verdict or opinion
        if isinstance(verdict, Refusal):
            return verdict
    return verdict or Verdict.UNUSED


def _follow(shared: Shared, entry: Entry) -> None:
    if isinstance(entry.event, TransactionImported):
        booked = entry.event.booked_on.toordinal()
        shared.days.newest_booked = max(shared.days.newest_booked, booked)


def pass_days(users: Mapping[str, User], shared: Shared, entry: Entry) -> list[tuple[str, Folded]]:
    """Fold the end of a day into every user of its bucket, and each day of a jump in its turn.

    A day that is not later than the last changes nothing.
    """
    passed = entry.event
    assert isinstance(passed, DayPassed)
    last = shared.days.by_bucket.get(passed.bucket, LONG_AGO)
    until = passed.day.toordinal()
    first = until if last == LONG_AGO else last + 1
    folded = []
    for day in range(first, until + 1):
        shared.pass_day(passed.bucket, day)
        event = DayPassed(bucket=passed.bucket, day=date.fromordinal(day))
        for user_id in sorted(users):
            result = fold(users[user_id], shared, entry._replace(event=event))
            folded.append((user_id, result))
    return folded


def activate(shared: Shared, entry: Entry) -> Verdict:
    """Let a policy, an artifact or a lesson take effect for the whole partition."""
    event = entry.event
    if isinstance(event, PolicyActivated):
        shared.customary.configure(shared.policy, event.policy)
        activated = shared.change_activated()
        activated.policy_version = event.version
        activated.policy = event.policy.to_json()
        return Verdict.APPLIED
    if isinstance(event, LessonsTaught):
        _teach(shared, event)
        return Verdict.APPLIED
    if isinstance(event, ModelActivated):
        _activate_model(shared, event, entry.recorded_at_ms)
        return Verdict.APPLIED
    if isinstance(event, ChallengerSet):
        _set_challenger(shared, event)
        return Verdict.APPLIED
    return Verdict.UNUSED


def _teach(shared: Shared, event: LessonsTaught) -> None:
    population, customary = shared.population, shared.customary
    for lesson in event.lessons:
        population.count(lesson.merchant_key, lesson.category, lesson.weight)
    for answer in event.judged:
        population.judge(answer.percent / 100, answer.weight, is_right=answer.is_right)
    for seen in event.seen:
        customary.see(seen, shared.policy)
    for known in event.known:
        customary.know(known)


def _activate_model(shared: Shared, event: ModelActivated, recorded_at_ms: int) -> None:
    activated, model = shared.activated, event.model
    known = (activated.models.get(model), activated.versions.get(model))
    if known == (event.sha256, event.version):
        return  # Since when it is active does not change with a repeat.
    activated = shared.change_activated()
    if (before := activated.models.get(model)) not in (None, event.sha256):
        activated.former[model] = Former(activated.versions[model], before)
    activated.models[model] = event.sha256
    activated.versions[model] = event.version
    activated.since_ms[model] = recorded_at_ms
    challenger = activated.challengers.get(model)
    if challenger is not None and challenger.sha256 == event.sha256:
        del activated.challengers[model]  # It has won.


def _set_challenger(shared: Shared, event: ChallengerSet) -> None:
    challengers = shared.change_activated().challengers
    if event.version is None or event.sha256 is None:
        challengers.pop(event.model, None)
        return
    challengers[event.model] = Challenger(
        event.version, event.sha256, event.share_percent, event.days, shared.newest_day
    )
