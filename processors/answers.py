"""Remember what the user answered to alerts, and said of fraud; `alert` ends what that is about."""

from typing import NamedTuple

from msgspec.structs import replace

from processors.state.book import Draft
from processors.state.entry import Entry
from processors.state.quieted import Meaning, Quieted, remember, scope_of
from processors.state.sections import NOT_ANSWERED, OpenAlerts
from processors.state.shared import LONG_AGO, Shared
from processors.state.transaction import identity_of
from processors.state.user import User
from processors.state.verdict import Settled, Verdict
from schemas.alerts import AlertRaised
from schemas.feedback import AboutAlert, AboutFraud, FeedbackGiven
from schemas.journal import DayPassed


def answers(draft: Draft, user: User, shared: Shared, entry: Entry) -> Settled:
    """Heed each answer once, and of those to one alert or transaction the latest."""
    event = entry.event
    if isinstance(event, FeedbackGiven):
        if isinstance(event.about, AboutAlert):
            return _of_alert(user, event.about, event.revision, shared.today(user.user_id))
        if isinstance(event.about, AboutFraud):
            return _of_fraud(draft, user, event.about, event.revision)
    elif isinstance(event, DayPassed):
        _forget(draft, user, event.day.toordinal())
    return None


class _Alerted(NamedTuple):
    """What an alert was about, and the revision of the last answer to it."""

    rule_id: str
    about: Meaning
    day: int
    answered: int


def _of_alert(user: User, about: AboutAlert, revision: int, today: int) -> Verdict:
    alerted = _alerted(user.alerts.cold, about.alert_id)
    if alerted is None:
        return Verdict.UNUSED
    if revision <= alerted.answered:
        return Verdict.REPEAT if revision == alerted.answered else Verdict.STALE
    memory = user.alerts.change_cold()
    for known in memory.by_key.values():
        if known.alert_id == about.alert_id:
            known.answered = revision
    before = memory.quieted.get(about.alert_id)
    if about.verdict in {"delivered", "suppressed"}:
        # What an app says of its own doing takes back nothing that a person said.
        if before is not None:
            memory.quieted[about.alert_id] = replace(before, revision=revision)
        return Verdict.APPLIED
    memory.quieted.pop(about.alert_id, None)
    scope = scope_of(about.scope, alerted.about)
    if about.verdict != "useful" and scope is not None:
        # Before any day has passed, it was said on the alert's last day at the latest.
        day = alerted.day if today == LONG_AGO else today
        lasts = about.verdict == "normal"
        answer = Quieted(alerted.rule_id, alerted.about, scope, day, lasts, revision)
        remember(memory.quieted, about.alert_id, answer)
    return Verdict.APPLIED


def _alerted(memory: OpenAlerts, alert_id: str) -> _Alerted | None:
    """Find an alert, or the answer to it that has outlived it."""
    for key, known in memory.by_key.items():
        if known.alert_id == alert_id:
            rule_id, _, _ = key.partition(":")
            day = AlertRaised.from_json(known.published).expires_at.date().toordinal()
            return _Alerted(rule_id, known.about, day, known.answered)
    before = memory.quieted.get(alert_id)
    if before is None:
        return None
    return _Alerted(before.rule_id, before.about, before.said_on, before.revision)


def _of_fraud(draft: Draft, user: User, about: AboutFraud, revision: int) -> Verdict:
    identity = identity_of(about.account_id, about.transaction_id)
    if draft.find(identity) is None:
        return Verdict.UNUSED
    answered = user.alerts.cold.said_of_fraud.get(identity, NOT_ANSWERED)
    if revision <= answered:
        return Verdict.REPEAT if revision == answered else Verdict.STALE
    user.alerts.change_cold().said_of_fraud[identity] = revision
    return Verdict.APPLIED


def _forget(draft: Draft, user: User, today: int) -> None:
    """What has left the window cannot be answered any more; what was dismissed may come again."""
    memory = user.alerts.cold
    for own in draft.left:
        if own.identity in memory.said_of_fraud:
            del user.alerts.change_cold().said_of_fraud[own.identity]
    for alert_id in [own for own, answer in memory.quieted.items() if answer.is_over(today)]:
        del user.alerts.change_cold().quieted[alert_id]
