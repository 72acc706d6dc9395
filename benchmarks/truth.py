"""Generated households through the whole chain, held against what was true of their lives.

    python -m benchmarks.truth --users 200 --months 14
    python -m benchmarks.truth --stack --users 25 --json

In process by default: intake, journal, ledger and the passing of days as they are, without servers.
With --stack the same history goes over Kafka and Redis, through a worker. A figure about something
that is not built yet is null.
"""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from importlib.util import find_spec
from pathlib import Path

import click

from benchmarks import options
from benchmarks.in_process import NAMES, InProcess, taken_in
from benchmarks.reporting import Figures, Meaning, Report, quiet_libraries
from benchmarks.workload import recorded
from processors.aggregate import EARLIER, MONTHS_KEPT
from processors.state.days import month_of, months_before
from processors.state.sections import Total
from sample.concerns.people import Person
from sample.households import Part, Town
from schemas.event import UserEvent
from schemas.feedback import AboutAlert, FeedbackGiven
from schemas.topics import OUTPUTS
from streams.alert_assessment import AlertAssessment
from streams.assessment import Assessment, Share, Truth
from streams.demonstration import Played, play
from streams.outcome import Outcome, Raised
from streams.settings import Settings
from streams.stack import local_stack
from streams.topic_admin import TopicAdmin
from streams.worker_process import running_worker

TotalKey = tuple[str, int, str, str]
"""User, month, currency and category."""

MEANINGS = {
    "twins_recall": Meaning("pending payments that were seen to have become posted ones"),
    "twins_wrong": Meaning("live transactions that the chain counts no more", "0"),
    "ghosts": Meaning("transactions that the chain counts, and that are none", "0"),
    "renamed_recall": Meaning("transactions with a new id that were seen to be the same"),
    "transfers_recall": Meaning("transfers of which both legs were tied"),
    "transfers_precision": Meaning("tied legs that are transfers"),
    "refunds_recall": Meaning("refunds tied to their purchase"),
    "refunds_precision": Meaning("tied refunds that are those"),
    "category_accuracy": Meaning("live transactions that are filed as they should be"),
    "false_alerts_per_user_30d": Meaning("alerts that nobody would want to have been woken by"),
    "repeated_alerts": Meaning("alerts raised again under the same key", "0"),
    "backfill_alerts": Meaning("alerts about history that was imported", "0"),
    "verify_differences": Meaning("figures of the state that a recount does not give", "0"),
    "wrong_accounts": Meaning("accounts whose money is not the truth's", "0"),
}


@click.command(epilog="Example: python -m benchmarks.truth --users 50 --months 6 --json")
@click.option("--users", default=200, show_default=True, type=click.IntRange(1))
@click.option("--months", default=14, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True)
@click.option("--stack", is_flag=True, help="Over Kafka and Redis, through a worker.")
@options.as_json
def main(users: int, months: int, seed: int, *, stack: bool, as_json: bool) -> None:
    """Hold what comes out of the chain against what was true of the lives that went in."""
    quiet_libraries()
    report = Report(f"{users} households, {months} months, seed {seed}", as_json)
    town = Town(users, months, seed)
    told = _over_servers(town, report) if stack else _in_process(town, report)
    report.figures.update(told)
    report.tell(MEANINGS)


def _in_process(town: Town, report: Report) -> Figures:
    chain, truth, outcome, answers = InProcess(), Truth(), Outcome(), Answers(town.seed)
    with report.doing("Living and folding"):
        for part in town.live():
            truth.take_in(part.truths)
            outcome.today = part.day
            _fold(chain, outcome, [*part.events, *answers.due(part.day)], part)
            answers.hear(outcome, truth)
        _fold(chain, outcome, [], part)
    figures = assessed(town, truth, outcome)
    figures["verify_differences"] = differences(chain, outcome)
    return figures


def _fold(chain: InProcess, outcome: Outcome, events: list[UserEvent], part: Part) -> None:
    sent = datetime.combine(part.day, time(20), UTC)
    for event in events:
        outcome.sent(event)
    records, _ = taken_in(map(recorded, events), int(sent.timestamp() * 1_000))
    for message in chain.fold(records).messages:
        if message.topic in _OUTPUTS:
            outcome.came(dict(message.headers), message.value or b"")
        elif message.topic != NAMES.journal:  # What is taught comes back as an entry.
            outcome.set_aside += 1


def assessed(town: Town, truth: Truth, outcome: Outcome) -> Figures:
    """Give the figures that need nothing but what went in, what came out and what was true."""
    found = Assessment(truth, outcome)
    alerts = AlertAssessment(truth, outcome.raised)
    transfers = found.pairs() if _is_built("transfers") else (None, None)
    refunds = found.refunds() if _is_built("refunds") else (None, None)
    user_months = town.users * (town.end - town.start).days / 30
    return {
        "transactions": len(outcome.identities),
        "set_aside": outcome.set_aside,
        "twins_recall": found.twins().ratio,
        "twins_wrong": found.wrongly_gone(),
        "ghosts": found.wrongly_live(),
        "renamed_recall": found.renamed().ratio,
        "transfers_recall": _ratio(transfers[0]),
        "transfers_precision": _ratio(transfers[1]),
        "refunds_recall": _ratio(refunds[0]),
        "refunds_precision": _ratio(refunds[1]),
        "category_accuracy": found.categories().ratio,
        "rules": alerts.by_rule(),
        "kinds": alerts.by_kind(),
        "unheard": alerts.unheard(),
        "false_alerts_per_user_30d": round(len(alerts.false()) / user_months, 3),
        "repeated_alerts": alerts.repeated(),
        "backfill_alerts": alerts.about_backfill(),
        "wrong_accounts": len(found.wrong_accounts()),
        "verify_differences": None,
    }


def differences(chain: InProcess, outcome: Outcome) -> int:
    """Recount every user's money by month from what came out; say how many totals differ."""
    recount: defaultdict[TotalKey, Total] = defaultdict(Total)
    for (user_id, _, _), body in outcome.live().items():
        today = chain.memory.shared.today(user_id)
        month = month_of(date.fromisoformat(body["booked_on"]).toordinal())
        kept_as = month if month >= months_before(month_of(today), MONTHS_KEPT - 1) else EARLIER
        total = recount[user_id, kept_as, body["currency"], body["category"]]
        amount_minor = int(body["amount_minor"])
        if any(flag["kind"] == "refund" for flag in body.get("flags", ())):
            total.refunded_minor += amount_minor
        else:
            total.in_minor += max(amount_minor, 0)
            total.out_minor += max(-amount_minor, 0)
        total.count += 1
    state = dict(_totals(chain))
    return sum(recount.get(key) != state.get(key) for key in recount.keys() | state.keys())


def _totals(chain: InProcess) -> Iterator[tuple[TotalKey, Total]]:
    for user_id, kept in chain.memory.users.items():
        money = kept.user.aggregate
        for months in (money.cold.months, money.hot.months):
            for month, by_currency in months.items():
                for currency, figures in by_currency.items():
                    for category, total in figures.by_category.items():
                        yield (user_id, month, currency, category), total


class Answers:
    """What people answer to the alerts that they get, some days later."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._due: defaultdict[date, list[UserEvent]] = defaultdict(list)
        self._heard = 0

    def hear(self, outcome: Outcome, truth: Truth) -> None:
        """Let people see what was raised since the last call."""
        new, self._heard = outcome.raised[self._heard :], len(outcome.raised)
        if new:
            alerts = AlertAssessment(truth, new)
            for raised in new:
                self._answer(raised, was_right=alerts.is_right(raised))

    def due(self, day: date) -> list[UserEvent]:
        """Give what is answered today."""
        return self._due.pop(day, [])

    def _answer(self, raised: Raised, *, was_right: bool) -> None:
        user_id, alert_id = str(raised.body["user_id"]), str(raised.body["alert_id"])
        answer = Person.of(user_id, self._seed).answer(alert_id, was_right=was_right)
        if answer is not None:
            about = AboutAlert(kind="alert", verdict=answer.verdict, alert_id=alert_id)
            event = FeedbackGiven(
                feedback_id=f"{alert_id}-answer", user_id=user_id, revision=1, about=about
            )
            # Today's events have been folded: what is said at once comes with tomorrow's.
            self._due[raised.day + timedelta(days=max(1, answer.days))].append(event)


def _over_servers(town: Town, report: Report) -> Figures:
    """Play the town over a real Kafka and a real Redis; what the state holds is not looked into."""
    played = Played(town)
    with (
        tempfile.TemporaryDirectory(prefix="penstock-truth-") as folder,
        local_stack() as stack,
        report.doing("Living, publishing and reading back"),
    ):
        settings = Settings(
            kafka=stack.kafka,
            redis=stack.redis,
            group=f"truth-{os.getpid()}",
            topic_prefix=f"truth-{os.getpid()}.",
            clock="data",
            web_port=0,
            state_dir=Path(folder),
            log_level="warning",
        )
        TopicAdmin(settings).apply()
        # Standard output is for the figures.
        with running_worker(settings, Path(folder) / "worker.log") as worker:
            play(played, settings, worker, lambda week: report.note(f"week {week}"))
    return assessed(town, played.truth, played.outcome)


def _is_built(processor: str) -> bool:
    return find_spec(f"processors.{processor}") is not None


def _ratio(share: Share | None) -> float | None:
    return share.ratio if share else None


_OUTPUTS = frozenset(topic.name for topic in OUTPUTS)


if __name__ == "__main__":
    main()
