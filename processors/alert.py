"""Compare the conditions that hold with the alerts that are open, and say what changed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from processors.alert_rules import RULES
from processors.alert_rules.rule import Ended, Holds, Rule
from processors.state.sections import NOT_ANSWERED, OpenAlert, OpenAlerts, Section
from processors.state.view import View
from schemas.alerts import Alert, AlertRaised, AlertResolved, AlertRetracted, AlertUpdated
from schemas.event import UserEvent
from schemas.feedback import AboutAlert, FeedbackGiven
from schemas.fields import LAST_DATE
from schemas.ids import deterministic_id
from schemas.journal import DayPassed
from schemas.preferences import AlertRuleChoice

Alerts = Section[None, OpenAlerts]

_ENDED_BY_VERDICT = {"normal": "retracted", "dismissed": "resolved"}
# The end of a day is the next one, which must still be a date of the wire.
_LAST_EXPIRY = LAST_DATE.toordinal() - 1
_ENDED = frozenset({"resolved", "retracted"})
_BY_STATUS: dict[str, type[Alert]] = {
    "raised": AlertRaised,
    "updated": AlertUpdated,
    "resolved": AlertResolved,
    "retracted": AlertRetracted,
}


def alert(section: Alerts, view: View) -> list[UserEvent]:
    """Raise, update, resolve and retract what the rules' judgements and feedback ask for."""
    events: list[UserEvent] = []
    for rule in RULES:
        if rule.listens(view):
            events += _by_rule(section, view, rule)
    if isinstance(view.entry.event, FeedbackGiven):
        events += _by_feedback(section, view.entry.event)
    if isinstance(view.entry.event, DayPassed):
        _forget_expired(section, view.today)
    return events


def _by_rule(section: Alerts, view: View, rule: Rule) -> Iterator[Alert]:
    choice = _choice(view, rule)
    quiet = not choice.enabled or (
        choice.muted_until is not None and choice.muted_until.toordinal() >= view.today
    )
    for judgement in rule.judge(view, rule.chosen(choice.parameters, view.shared.policy)):
        key = f"{rule.id}:{judgement.key}"
        if isinstance(judgement, Ended):
            yield from _end(section, key, judgement.how)
        elif not quiet:
            yield from _hold(section, view, rule, key, judgement)


def _choice(view: View, rule: Rule) -> AlertRuleChoice:
    for choice in view.user.preferences.cold.read().alert_rules or ():
        if choice.rule_id == rule.id:
            return choice
    return _by_default(rule.id)


@cache
def _by_default(rule_id: str) -> AlertRuleChoice:
    return AlertRuleChoice(rule_id=rule_id)


def _hold(section: Alerts, view: View, rule: Rule, key: str, holds: Holds) -> Iterator[Alert]:
    """Raise an alert once; later, say only what a reader would want to be told again."""
    known = section.cold.by_key.get(key)
    if known is not None and known.status not in _ENDED and known.severity == holds.severity:
        return
    alert_id = deterministic_id("alert", [view.user.user_id, key, holds.window])
    status = "updated"
    if known is None or (known.status in _ENDED and known.alert_id != alert_id):
        # Open again within its window is an update: the reader learns, and nobody is woken twice.
        known, status = OpenAlert(alert_id, 0, "", "", None, b""), "raised"
    yield _keep(section, key, _worded(view, rule, holds, known, status), holds.kept_until)


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


def _end(section: Alerts, key: str, how: str) -> Iterator[Alert]:
    known = section.cold.by_key.get(key)
    if known is not None and known.status not in _ENDED:
        before = AlertRaised.model_validate_json(known.published)
        fields = {name: getattr(before, name) for name in Alert.model_fields}
        ended = _BY_STATUS[how](**{**fields, "revision": known.revision + 1})
        yield _keep(section, key, ended, before.expires_at.date().toordinal())


def _keep(section: Alerts, key: str, published: Alert, forget_after: int | None) -> Alert:
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
    )
    return published


def _by_feedback(section: Alerts, feedback: FeedbackGiven) -> Iterator[Alert]:
    if not isinstance(feedback.about, AboutAlert):
        return
    how = _ENDED_BY_VERDICT.get(feedback.about.verdict)
    for key, known in sorted(section.cold.by_key.items()):
        if known.alert_id == feedback.about.alert_id and feedback.revision > known.answered:
            section.change_cold()
            known.answered = feedback.revision
            if how is not None:
                yield from _end(section, key, how)


def _forget_expired(section: Alerts, today: int) -> None:
    gone = [
        key
        for key, known in section.cold.by_key.items()
        if known.forget_after is not None and known.forget_after < today
    ]
    for key in gone:
        del section.change_cold().by_key[key]
