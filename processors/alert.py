"""Compare the conditions that hold with the alerts that are open, and say what changed."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple, get_args

from processors.alert_rules import RULES
from processors.alert_rules.rule import Ended, Heard, Holds, Rule
from processors.state.family import names_of
from processors.state.quieted import Meaning, is_quiet
from processors.state.sections import (
    NOT_ANSWERED,
    Choice,
    Chosen,
    OpenAlert,
    OpenAlerts,
    Section,
)
from processors.state.shared import policy_of
from processors.state.view import View
from schemas.alerts import (
    Alert,
    AlertRaised,
    AlertResolved,
    AlertRetracted,
    AlertUpdated,
    Severity,
)
from schemas.event import UserEvent
from schemas.feedback import AboutAlert, AboutFraud, FeedbackGiven
from schemas.fields import LAST_DATE
from schemas.ids import deterministic_id
from schemas.journal import DayPassed, Policy
from schemas.preferences import AlertRuleChoice

Alerts = Section[None, OpenAlerts]

_ENDED_BY_VERDICT = {
    "normal": "retracted",
    "dismissed": "resolved",
    "denied": "retracted",
    "confirmed": "resolved",  # Whoever confirms a fraud knows of it.
}
# The end of a day is the next one, which must still be a date of the wire.
_LAST_EXPIRY = LAST_DATE.toordinal() - 1
_NEVER, _FOR_EVER = -1, date.max.toordinal()
_ENDED = frozenset({"resolved", "retracted"})
_SEVERITIES: tuple[str, ...] = get_args(Severity)
"""The least first."""
_BY_STATUS: dict[str, type[Alert]] = {
    "raised": AlertRaised,
    "updated": AlertUpdated,
    "resolved": AlertResolved,
    "retracted": AlertRetracted,
}


class Wish(NamedTuple):
    """What a user wants of a rule: its parameters, and the last day on which it stays quiet."""

    parameters: Mapping[str, int]
    quiet_until: int


def alert(section: Alerts, view: View) -> list[UserEvent]:
    """Raise, update, resolve and retract what the rules' judgements and feedback ask for."""
    events: list[UserEvent] = []
    heard = Heard.of(view)
    for rule in RULES:
        if rule.listens(heard):
            events += _by_rule(section, view, rule)
    if isinstance(view.entry.event, FeedbackGiven):
        events += _by_answer(section, view, view.entry.event)
    if isinstance(view.entry.event, DayPassed):
        _forget_expired(section, view.today)
    return events


def _by_rule(section: Alerts, view: View, rule: Rule) -> Iterator[Alert]:
    rules_chosen = view.user.preferences.cold.choices.get("alert_rules")
    wish = _wishes(rules_chosen, view.shared.activated.policy)[rule.id]
    for judgement in rule.judge(view, wish.parameters):
        key = f"{rule.id}:{judgement.key}"
        said = None
        if isinstance(judgement, Ended):
            said = _end(section, key, judgement.how)
        elif wish.quiet_until < view.today:
            said = _hold(section, view, rule, key, judgement)
        if said is not None:
            yield said


# Every entry asks, and neither a user's choices nor the policy change often. The policy's text
# knows its hash, where the policy itself would have to hash all of its parts.
@lru_cache(maxsize=4096)
def _wishes(rules_chosen: Choice | None, policy_text: bytes) -> dict[str, Wish]:
    """Read the user's choices for all rules; where a rule was chosen twice, the first counts."""
    policy = policy_of(policy_text)
    preferences = Chosen({} if rules_chosen is None else {"alert_rules": rules_chosen}).read()
    choices = {own.rule_id: own for own in reversed(preferences.alert_rules or ())}
    return {rule.id: _wish(rule, choices.get(rule.id), policy) for rule in RULES}


def _wish(rule: Rule, choice: AlertRuleChoice | None, policy: Policy) -> Wish:
    if choice is None:
        return Wish(rule.chosen({}, policy), _NEVER)
    muted_until = choice.muted_until.toordinal() if choice.muted_until is not None else _NEVER
    parameters = rule.chosen(choice.parameters, policy)
    return Wish(parameters, muted_until if choice.enabled else _FOR_EVER)


def _hold(section: Alerts, view: View, rule: Rule, key: str, holds: Holds) -> Alert | None:
    """Raise an alert once; later, say only what a reader would want to be told again."""
    known = section.cold.by_key.get(key)
    is_open = known is not None and known.status not in _ENDED
    if not is_open and is_quiet(section.cold.quieted, rule.id, holds.about):
        return None
    alert_id = deterministic_id("alert", [view.user.user_id, key, holds.window])
    if known is not None and is_open and known.severity == holds.severity:
        return None
    # Who has answered it hears of it again only when it has become worse.
    has_answered = known is not None and known.closed and known.alert_id == alert_id
    if known is not None and has_answered and not _is_worse(holds.severity, known.severity):
        return None
    status = "updated"
    if known is None or (known.status in _ENDED and known.alert_id != alert_id):
        # Open again within its window is an update: the reader learns, and nobody is woken twice.
        known, status = OpenAlert(alert_id, 0, "", "", None, b""), "raised"
    worded = _worded(view, rule, holds, known, status)
    return _keep(section, key, worded, holds.kept_until, holds.about)


def _is_worse(severity: str, before: str) -> bool:
    return _SEVERITIES.index(severity) > _SEVERITIES.index(before)


def _worded(view: View, rule: Rule, holds: Holds, known: OpenAlert, status: str) -> Alert:
    words, night = holds.words(), _end_of(min(holds.expires, _LAST_EXPIRY))
    return _BY_STATUS[status](
        alert_id=known.alert_id,
        dedup_key=known.alert_id,
        revision=known.revision + 1,
        user_id=view.user.user_id,
        rule_id=rule.id,
        rule_version=rule.version,
        category=rule.category,
        severity=holds.severity,
        title_key=f"{rule.id}.title",
        body_key=f"{rule.id}.body",
        args=words.args,
        title=words.title,
        body=words.body,
        link=words.link,
        evidence=words.evidence,
        expires_at=night,
        quiet_hours_ok=holds.quiet_hours_ok,
        timezone=view.user.preferences.cold.read().time_zone,
        channel_hints=("push", "in_app"),
    )


def _end_of(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), time(), UTC) + timedelta(days=1)


def _end(section: Alerts, key: str, how: str, *, closed: bool = False) -> Alert | None:
    """End an alert; it is remembered for as long as its condition may be met again."""
    known = section.cold.by_key.get(key)
    if known is None:
        return None
    if known.status in _ENDED:
        if known.closed and not closed:
            # It is really over now: should it come again, that is news once more.
            section.change_cold()
            known.closed = False
        return None
    before = AlertRaised.from_json(known.published)
    fields = {name: getattr(before, name) for name in Alert.model_fields}
    ended = _BY_STATUS[how](**{**fields, "revision": known.revision + 1})
    forget_after = known.forget_after
    if forget_after is None:
        forget_after = before.expires_at.date().toordinal()
    return _keep(section, key, ended, forget_after, known.about, closed=closed)


def _keep(
    section: Alerts,
    key: str,
    published: Alert,
    forget_after: int | None,
    about: Meaning,
    *,
    closed: bool = False,
) -> Alert:
    fields = {name: getattr(published, name) for name in Alert.model_fields}
    before = section.cold.by_key.get(key)
    goes_on = before is not None and before.alert_id == published.alert_id
    section.change_cold().by_key[key] = OpenAlert(
        published.alert_id,
        published.revision,
        str(getattr(published, "status", "")),
        published.severity,
        forget_after,
        AlertRaised(**fields).to_json(),
        before.answered if before is not None and goes_on else NOT_ANSWERED,
        about,
        closed,
    )
    return published


def _by_answer(section: Alerts, view: View, feedback: FeedbackGiven) -> Iterator[Alert]:
    """End what was answered; an answer that is no news was left out before."""
    about, by_key = feedback.about, section.cold.by_key
    keys: list[str] = []
    if isinstance(about, AboutAlert):
        keys = [key for key, known in by_key.items() if known.alert_id == about.alert_id]
    elif isinstance(about, AboutFraud):
        names = names_of(about.account_id, about.transaction_id, view.user.book.find)
        keys = [key for key, known in by_key.items() if names & _named_by(known)]
    how = _ENDED_BY_VERDICT.get(about.verdict)
    for key in sorted(keys):
        if how is not None and (ended := _end(section, key, how, closed=True)) is not None:
            yield ended


def _named_by(known: OpenAlert) -> set[tuple[str, str]]:
    named = AlertRaised.from_json(known.published).evidence.transactions
    return {(one.account_id, one.transaction_id) for one in named}


def _forget_expired(section: Alerts, today: int) -> None:
    gone = [
        key
        for key, known in section.cold.by_key.items()
        if known.forget_after is not None and known.forget_after < today
    ]
    for key in gone:
        del section.change_cold().by_key[key]
