"""What is told of a walk: how many frauds it finds, how soon, at which price."""

from collections.abc import Mapping

from benchmarks.quality.anomalies.contest import Outcome
from benchmarks.quality.anomalies.course import Course
from benchmarks.quality.anomalies.entries import FOREST, OWN, OWN_TAUGHT, TREES
from benchmarks.quality.anomalies.measures import (
    average_precision,
    caught_by,
    found_by,
    highest,
    low_average_precision,
    rate_of,
)
from benchmarks.reporting import Figures

_DIGITS = 4
_OWN = (
    *("ap", "ap_low", "recall_at_budget", "precision_at_budget", "first_of_episode"),
    *("within_3_of_episode", "any_of_episode", "alerts_per_user_30d", "alerts_per_user_30d_p90"),
    *("alert_recall", "alert_precision", "us_per_transaction", "state_bytes"),
)


def facts_of(course: Course) -> Figures:
    """Say what is measured; the share of frauds is what a coin's average precision would be."""
    return {
        "payments": len(course.rows),
        "measured_payments": len(course.frauds),
        "measured_users": course.user_count,
        "measured_frauds": int(course.frauds.sum()),
        "measured_episodes": len(course.episodes),
        "base_rate": _rounded(float(course.frauds.mean())),
        "budget_alerts": course.budget,
    }


def figures_of(outcome: Outcome, course: Course) -> Figures:
    """Give all figures of a walk, rounded."""
    run = outcome.run
    episode, surprise = run.episode[course.measured], run.surprise[course.measured]
    listed = found_by(highest(episode, course.budget), course.frauds)
    caught = caught_by(highest(surprise, course.budget), course.episodes)
    return {
        "ap": _rounded(average_precision(episode, course.frauds)),
        "ap_low": _rounded(low_average_precision(episode, course.frauds, course.users)),
        "base_rate": _rounded(float(course.frauds.mean())),
        "recall_at_budget": _rounded(listed.recall),
        "precision_at_budget": _rounded(listed.precision),
        "first_of_episode": _rounded(caught.first),
        "within_3_of_episode": _rounded(caught.within_3),
        "any_of_episode": _rounded(caught.at_all),
        **_alerting(outcome, course),
        "us_per_transaction": round(run.taking.us, 1),
        "us_per_label": round(run.hearing.us, 1) if run.hearing.count else None,
        "state_bytes": round(outcome.state_bytes),
    }


def own_figures(told: Mapping[str, Figures]) -> Figures:
    """Give what the design names: Penstock's own figures, and how far it leads the guides' way."""
    own: Figures = {name: told.get(OWN, {}).get(name) for name in _OWN}
    for entry, name in ((OWN_TAUGHT, "feedback"), (FOREST, FOREST), (TREES, TREES)):
        own[f"ap_{name}"] = told.get(entry, {}).get("ap")
    ours, theirs = own["ap"], own[f"ap_{FOREST}"]
    own[f"times_{FOREST}"] = round(ours / theirs, 2) if ours and theirs else None
    return own


def _alerting(outcome: Outcome, course: Course) -> Figures:
    """Tell what came of the alerts raised on the way; nothing of who only scores."""
    alerts = outcome.run.alerts[course.measured]
    rate, found = rate_of(alerts, course.users, course.months), found_by(alerts, course.frauds)
    told = {
        "alerts_per_user_30d": _rounded(rate.mean),
        "alerts_per_user_30d_p90": _rounded(rate.p90),
        "alert_recall": _rounded(found.recall),
        "alert_precision": _rounded(found.precision),
    }
    return told if outcome.decides else dict.fromkeys(told)


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, _DIGITS)
