"""What was answered to an alert is remembered by what it means, and for as long as it should be."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.state.quieted import (
    DISMISSED_DAYS,
    QUIETED_MAX,
    Meaning,
    Quieted,
    is_quiet,
    remember,
    scope_of,
)
from processors.state.sections import NOT_ANSWERED, OpenAlerts
from processors.state.verdict import Verdict
from schemas.alerts import Alert, AlertRaised, AlertResolved, AlertRetracted, AlertUpdated
from schemas.event import Event, UserEvent
from schemas.feedback import AboutAlert, AboutFraud, AlertScope, FeedbackGiven
from schemas.ids import bucket_of
from schemas.journal import DayPassed, Detection, Policy, PolicyActivated
from tests.histories import ACCOUNTS, TRANSACTIONS, USERS, lively_histories
from tests.partition import Partition
from tests.processors.household import (
    NAME,
    Household,
    answer,
    none_of,
    of_fraud,
    only,
    paid,
)

BASE = date(2025, 3, 1)
MARLOW, VENTO, NOBODY = "Marlow", "Vento", ""
VERDICTS = ("normal", "normal", "dismissed", "dismissed", "useful", "delivered", "suppressed")
SCOPES = (None, None, "merchant", "amount", "rule")
# To the limit of what is like 900.00, and beyond it.
AMOUNTS = (60_000, 90_000, 112_500, 112_501, 200_000)


EAGER = PolicyActivated(
    version="eager",
    policy=Policy(
        detection=Detection(name="eager", threshold_milli=2_000, alerts_a_month_milli=30_000)
    ),
)
"""Whoever is told each day is told of the next one as easily; so nothing large is ever missed."""
APART_DAYS = 4
"""What was told of is then learned, answered or not, and its episode is over."""


def march(day: int) -> date:
    return BASE + timedelta(days=day - 1)


@pytest.fixture
def home() -> Household:
    """Make a household of which enough is known to notice what is unusual."""
    home = Household()
    home.pays_as_usual(until=BASE)
    home.hears(EAGER)
    home.sleeps(BASE)
    return home


def bought(home: Household, on: date, merchant: str, amount_minor: int = 90_000) -> list[UserEvent]:
    """Buy something there, which has never been bought before."""
    name = f"bought-{len(home.partition.journal)}"
    return home.pays(amount_minor, on, name, **at(merchant))


def at(merchant: str) -> dict[str, Any]:
    return {"merchant_name": merchant} if merchant else {"description": ""}


# A household that answers, beside one that never does.


@dataclass
class Answer:
    """What was said of an alert last, and when."""

    alert: "Told"
    verdict: str
    scope: AlertScope | None
    said_on: int

    def keeps_quiet(self, payment: "Told", today: int) -> bool:
        over = self.verdict == "dismissed" and today > self.said_on + 60
        return not over and self.is_like(payment)

    def is_like(self, payment: "Told") -> bool:
        if self.scope == "rule":
            return True
        same = payment.merchant == self.alert.merchant
        if self.scope == "amount" or self.alert.merchant == NOBODY:
            return same and 4 * payment.amount_minor <= 5 * self.alert.amount_minor
        return same


@dataclass(frozen=True)
class Told:
    """A payment that raises an alert, where nobody has answered anything."""

    merchant: str
    amount_minor: int


@dataclass
class Lives:
    """The same life twice: one person answers, and the other one hears of everything.

    Payments are days apart, so that all that an answer changes is what is said.
    """

    said: Partition = field(default_factory=Partition)
    silent: Partition = field(default_factory=Partition)
    today: date = BASE
    number: int = 0
    paid_on: date = BASE
    alerts: list[tuple[str, Told]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    given: list[FeedbackGiven] = field(default_factory=list)

    def __post_init__(self) -> None:
        for day in range(20, 0, -1):
            self.both(paid(1_000 + day % 3 * 100, BASE - timedelta(days=day), f"usual-{day}"))
        self.both(EAGER)
        self.sleep(0)

    def both(self, event: Event) -> tuple[list[UserEvent], list[UserEvent]]:
        told = self.said.fold(event), self.silent.fold(event)
        self.said.forget()
        return told

    def sleep(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.both(DayPassed(bucket=bucket_of(NAME), day=self.today))

    def pay(self, merchant: str, amount_minor: int) -> None:
        self.sleep(max(0, APART_DAYS - (self.today - self.paid_on).days))
        self.number += 1
        self.paid_on = self.today
        payment = paid(amount_minor, self.today, f"t{self.number}", **at(merchant))
        told, without_answers = self.both(payment)
        this, today = Told(merchant, amount_minor), self.today.toordinal()
        heard = [one for one in told if isinstance(one, Alert)]

        expected = [only(AlertRaised, without_answers)]
        if any(one.keeps_quiet(this, today) for one in self.answers.values()):
            expected = []
        assert heard == expected
        self.alerts += [(one.alert_id, this) for one in expected]

    def say(self, which: int, verdict: Any, scope: AlertScope | None, revision: int) -> None:
        if not self.alerts:
            return
        alert_id, told = self.alerts[which % len(self.alerts)]
        said = answer(alert_id, verdict, revision, scope)
        self.said.fold(said)
        self.said.forget()
        self.given.append(said)
        if self.said.verdicts[-1] is Verdict.APPLIED and verdict == "useful":
            self.answers.pop(alert_id, None)
        elif self.said.verdicts[-1] is Verdict.APPLIED and verdict in {"normal", "dismissed"}:
            self.answers[alert_id] = Answer(told, verdict, scope, self.today.toordinal())


buys = st.tuples(
    st.just("pay"), st.sampled_from((MARLOW, MARLOW, VENTO, NOBODY)), st.sampled_from(AMOUNTS)
)
says = st.tuples(
    st.just("say"),
    st.integers(0, 3),
    st.sampled_from(VERDICTS),
    st.sampled_from(SCOPES),
    st.integers(0, 5),
)
sleeps = st.tuples(st.just("sleep"), st.sampled_from((1, 1, 5, 30, 59, 60, 61)))
steps = st.lists(buys | buys | says | says | sleeps, max_size=16)


def lived(steps: list[Any]) -> Lives:
    lives = Lives()
    for name, *arguments in steps:
        getattr(lives, name)(*arguments)
    return lives


@given(steps=steps)
def test_what_is_like_an_answered_one_is_not_raised_and_all_else_is(steps: list[Any]) -> None:
    lived(steps)


@given(steps=steps)
def test_an_answer_that_is_no_news_changes_nothing(steps: list[Any]) -> None:
    lives = lived(steps)
    for said in lives.given:
        before = lives.said.state

        assert lives.said.fold(said) == []
        assert lives.said.verdicts[-1] in {Verdict.REPEAT, Verdict.STALE, Verdict.UNUSED}
        assert lives.said.state == before


@given(
    amounts=st.tuples(st.sampled_from(AMOUNTS), st.sampled_from(AMOUNTS)),
    verdict=st.sampled_from(("normal", "dismissed")),
    scope=st.sampled_from((None, "merchant", "amount")),
)
def test_an_answer_and_a_payment_at_another_merchant_may_come_in_any_order(
    amounts: tuple[int, int], verdict: Any, scope: AlertScope | None
) -> None:
    first = lived([("pay", MARLOW, amounts[0]), ("sleep", APART_DAYS)])
    ((alert_id, _),) = first.alerts
    said = answer(alert_id, verdict, scope=scope)
    elsewhere = paid(amounts[1], first.today, "elsewhere", **at(VENTO))
    one, other = Partition(), Partition()
    one.fold_all([*first.said.journal, said, elsewhere])
    other.fold_all([*first.said.journal, elsewhere, said])

    assert one.stored == other.stored
    assert sorted(told for told, _ in one.wire) == sorted(told for told, _ in other.wire)


@given(verdict=st.sampled_from(("normal", "dismissed")), days=st.integers(0, 200))
def test_what_was_dismissed_may_be_spoken_of_after_60_days_and_what_is_normal_never(
    verdict: Any, days: int
) -> None:
    home = Household()
    home.pays_as_usual(until=BASE)
    home.sleeps(BASE)
    raised = only(AlertRaised, bought(home, BASE, MARLOW))
    home.hears(answer(raised.alert_id, verdict))
    home.sleeps(BASE + timedelta(days=days))

    speaks = verdict == "dismissed" and days > DISMISSED_DAYS
    assert bool(home.user.alerts.cold.quieted) is not speaks
    told = bought(home, BASE + timedelta(days=days), MARLOW)
    assert none_of(Alert, told) is not speaks


# How it is remembered.

meanings = st.builds(
    Meaning,
    st.sampled_from(("", "marlow", "vento")),
    st.integers(0, 10**15),
    st.sampled_from(("", "EUR", "JPY")),
)
scopes = st.sampled_from(("merchant", "amount", "rule"))
quieted = st.builds(
    Quieted,
    st.sampled_from(("one", "other")),
    meanings,
    scopes,
    st.integers(1, 800_000),
    st.booleans(),
    st.integers(0, 9),
)


@given(said=quieted, about=meanings)
def test_a_wider_scope_is_like_all_that_a_narrower_one_is_like(
    said: Quieted, about: Meaning
) -> None:
    narrow, middle, wide = (
        msgspec.structs.replace(said, scope=scope).covers("one", about)
        for scope in ("amount", "merchant", "rule")
    )

    assert narrow <= middle <= wide
    assert wide is (said.rule_id == "one")


@given(said=quieted)
def test_what_was_answered_is_like_itself(said: Quieted) -> None:
    assert is_quiet({"an-alert": said}, said.rule_id, said.about)


@given(said=quieted, amount_minor=st.integers(0, 10**15))
def test_amounts_of_another_currency_are_never_like_it(said: Quieted, amount_minor: int) -> None:
    narrow = msgspec.structs.replace(said, scope="amount")
    about = Meaning(said.about.subject, amount_minor, "USD")

    assert not narrow.covers(said.rule_id, about)


@given(asked=st.none() | scopes, about=meanings)
def test_nobody_silences_a_whole_rule_without_saying_so(
    asked: AlertScope | None, about: Meaning
) -> None:
    assert (scope_of(asked, about) == "rule") is (asked == "rule")


@given(said=st.lists(st.tuples(st.integers(0, 2 * QUIETED_MAX), quieted), max_size=300))
def test_memory_is_bounded_and_the_latest_answers_stay(said: list[tuple[int, Quieted]]) -> None:
    memory: dict[str, Quieted] = {}
    for number, one in said:
        remember(memory, str(number), one)

        assert memory[str(number)] is one
        assert len(memory) <= QUIETED_MAX
    latest = list(dict.fromkeys(str(number) for number, _ in reversed(said)))
    assert list(reversed(memory)) == latest[:QUIETED_MAX]


@given(said=st.dictionaries(st.text(), quieted))
def test_it_survives_its_bytes(said: dict[str, Quieted]) -> None:
    memory = OpenAlerts({}, said, {2**64 - 1: 3})
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=OpenAlerts)

    assert again == memory


def test_alerts_of_before_are_read_as_being_about_nothing() -> None:
    alert = ["an-id", 1, "raised", "warning", None, b"{}"]
    (known,) = msgspec.msgpack.decode(
        msgspec.msgpack.encode([{"low_balance:a": alert}]), type=OpenAlerts
    ).by_key.values()

    assert (known.about, known.answered) == (Meaning(), NOT_ANSWERED)


def test_the_wire_says_for_how_long_and_for_how_much_more() -> None:
    fields = AboutAlert.model_fields

    assert f"for {DISMISSED_DAYS} days" in str(fields["verdict"].description)
    assert "up to a quarter more" in str(fields["scope"].description)
    said = Quieted("one", Meaning("marlow", 4, "EUR"), "amount", 1, lasts=True, revision=1)
    assert said.most_minor == 5


# Stories.


def test_what_is_dismissed_may_be_said_again_and_what_is_normal_never(home: Household) -> None:
    #  March 1                 2               April 30          May 1
    #   900 at Marlow    900 at Marlow     900 at Marlow     900 at Marlow
    #   "dismissed"                         60 days after     61: raised again; "normal" this time
    raised = only(AlertRaised, bought(home, march(1), MARLOW))
    only(AlertResolved, home.hears(answer(raised.alert_id, "dismissed")))

    assert none_of(Alert, bought(home, march(2), MARLOW))
    home.sleeps(march(61))
    assert none_of(Alert, bought(home, march(61), MARLOW))
    home.sleeps(march(62))
    again = only(AlertRaised, bought(home, march(62), MARLOW))
    assert again.alert_id != raised.alert_id
    only(AlertRetracted, home.hears(answer(again.alert_id, "normal")))
    home.sleeps(march(400))
    assert none_of(Alert, bought(home, march(400), MARLOW))


def test_before_any_day_has_passed_the_alerts_own_day_counts() -> None:
    #  March 1                                          10: the first day that passes
    #   900 at Marlow: not delivered after the 8th       |  60 days ──>  May 8: quiet   9: raised
    #   "dismissed"
    home = Household()
    home.pays_as_usual(until=march(1))
    raised = only(AlertRaised, bought(home, march(1), MARLOW))
    home.hears(answer(raised.alert_id, "dismissed"))
    last = raised.expires_at.date() + timedelta(days=DISMISSED_DAYS)

    assert none_of(Alert, bought(home, march(9), MARLOW))
    home.sleeps(march(10))
    home.sleeps(last)
    assert none_of(Alert, bought(home, last, MARLOW))
    home.sleeps(last + timedelta(days=1))
    only(AlertRaised, bought(home, last + timedelta(days=1), MARLOW))


def test_what_was_said_can_be_taken_back_when_the_alert_is_long_gone(home: Household) -> None:
    #  March 1             June 9: the alert is forgotten            10
    #   900 at Marlow      "useful", after all                  900 at Marlow: raised
    #   "normal"           "normal", delivered late: too late
    raised = only(AlertRaised, bought(home, march(1), MARLOW))
    home.hears(answer(raised.alert_id, "normal", revision=1))
    home.sleeps(march(101))
    assert not home.user.alerts.cold.by_key
    home.hears(answer(raised.alert_id, "useful", revision=3))
    home.hears(answer(raised.alert_id, "normal", revision=2))

    assert home.partition.verdicts[-2:] == [Verdict.APPLIED, Verdict.UNUSED]
    home.sleeps(march(102))
    only(AlertRaised, bought(home, march(102), MARLOW))


def test_an_answer_can_be_widened_and_narrowed_when_the_alert_is_long_gone(
    home: Household,
) -> None:
    #  March 1            June 9: the alert is forgotten
    #   900 at Marlow     "all payments"    at Vento: quiet    "just that"   at Vento: raised
    #  Payments are days apart: one soon after another would join what that began.
    raised = only(AlertRaised, bought(home, march(1), MARLOW))
    home.hears(answer(raised.alert_id, "normal", revision=1))
    home.sleeps(march(101))

    home.hears(answer(raised.alert_id, "normal", revision=2, scope="rule"))
    assert none_of(Alert, bought(home, march(101), VENTO))
    home.hears(answer(raised.alert_id, "normal", revision=3, scope="amount"))
    home.sleeps(march(105))
    only(AlertRaised, bought(home, march(105), VENTO))
    home.sleeps(march(109))
    assert none_of(Alert, bought(home, march(109), MARLOW, 112_500))
    home.sleeps(march(113))
    only(AlertRaised, bought(home, march(113), MARLOW, 112_501))


@pytest.mark.parametrize("scope", [None, "merchant", "amount"])
def test_who_is_unnamed_is_known_by_the_amount(home: Household, scope: AlertScope | None) -> None:
    #  March 1               1                          5
    #   900 to nobody     1125.00 to nobody: quiet    1125.01 to nobody: raised
    #   "normal"
    raised = only(AlertRaised, bought(home, march(1), NOBODY))
    home.hears(answer(raised.alert_id, "normal", scope=scope))

    assert none_of(Alert, bought(home, march(1), NOBODY, 112_500))
    home.sleeps(march(5))
    only(AlertRaised, bought(home, march(5), NOBODY, 112_501))


def test_an_app_that_delivers_takes_nothing_back(home: Household) -> None:
    raised = only(AlertRaised, bought(home, march(1), MARLOW))
    home.hears(answer(raised.alert_id, "normal", revision=1))
    home.hears(answer(raised.alert_id, "delivered", revision=2))

    assert none_of(Alert, bought(home, march(1), MARLOW))
    assert home.hears(answer(raised.alert_id, "useful", revision=1)) == []
    assert home.verdict is Verdict.STALE


def test_an_app_that_tells_late_of_a_delivery_still_makes_older_answers_stale(
    home: Household,
) -> None:
    raised = only(AlertRaised, bought(home, march(1), MARLOW))
    home.hears(answer(raised.alert_id, "normal", revision=1))
    home.sleeps(march(51))
    home.hears(answer(raised.alert_id, "delivered", revision=3))
    home.hears(answer(raised.alert_id, "useful", revision=2))

    assert home.partition.verdicts[-2:] == [Verdict.APPLIED, Verdict.STALE]
    assert none_of(Alert, bought(home, march(51), MARLOW))


def test_what_is_told_already_is_kept_up_to_date() -> None:
    #  March 1                      1                             2
    #   two accounts at 90.00     of the one: "never such alerts"  the other at -10.00: updated
    home = Household()
    first = only(AlertRaised, home.has(9_000, march(1)))
    other = only(AlertRaised, home.has(9_000, march(1), account_id="other"))
    home.hears(answer(first.alert_id, "normal", scope="rule"))

    worse = only(AlertUpdated, home.has(-1_000, march(2), account_id="other"))
    assert worse.alert_id == other.alert_id


def test_an_answer_to_what_nobody_said_is_no_error(home: Household) -> None:
    assert home.hears(answer("unheard-of", "normal")) == []
    assert home.verdict is Verdict.UNUSED


def test_a_balance_that_is_low_again_is_quiet_until_more_is_missing() -> None:
    #  bound 100.00, of which are missing
    #  March 1     2                        3         4: of the same    5
    #   150        90: 10 missing          190        88: 12 missing    87: 13 missing: raised
    #              "such a balance is normal"
    home = Household()
    home.has(15_000, march(1))
    raised = only(AlertRaised, home.pays(6_000, march(2), "a"))
    home.hears(answer(raised.alert_id, "normal", scope="amount"))
    home.gets(10_000, march(3), "b")
    home.sleeps(march(3))

    assert none_of(Alert, home.pays(10_200, march(4), "c"))
    only(AlertRaised, home.pays(100, march(5), "d"))


def test_who_answers_more_often_than_is_remembered_hears_of_the_first_again() -> None:
    #  March 1                                     2
    #   101 accounts at 90.00: each is normal      all at 80.00: of the first one hears again
    home = Household()
    names = [f"account-{number}" for number in range(QUIETED_MAX + 1)]
    for name in names:
        raised = only(AlertRaised, home.has(9_000, march(1), account_id=name))
        home.hears(answer(raised.alert_id, "normal"))

    assert len(home.user.alerts.cold.quieted) == QUIETED_MAX
    assert none_of(Alert, home.has(8_000, march(2), account_id=names[1]))
    only(AlertRaised, home.has(8_000, march(2), account_id=names[0]))


# What is said of fraud.


@pytest.mark.parametrize(
    ("verdict", "how"), [("denied", AlertRetracted), ("confirmed", AlertResolved)]
)
def test_a_word_on_fraud_ends_what_was_said_of_the_payment(
    home: Household, verdict: str, how: type[Alert]
) -> None:
    #  March 1            5                        5            5                  9
    #   900 at Marlow    900 at Vento      of Marlow: fraud?   the same again    900 at Marlow
    marlow = only(AlertRaised, home.pays(90_000, march(1), "sofa", **at(MARLOW)))
    home.sleeps(march(5))
    vento = only(AlertRaised, home.pays(90_000, march(5), "bed", **at(VENTO)))
    ended = only(how, home.hears(of_fraud("sofa", verdict)))

    assert (ended.alert_id, ended.revision) == (marlow.alert_id, 2)
    assert home.hears(of_fraud("sofa", verdict)) == []
    assert home.partition.verdicts[-2:] == [Verdict.APPLIED, Verdict.REPEAT]
    open_ids = {
        own.alert_id for own in home.user.alerts.cold.by_key.values() if own.status == "raised"
    }
    assert open_ids == {vento.alert_id}
    # It says nothing of other payments there.
    home.sleeps(march(9))
    only(AlertRaised, bought(home, march(9), MARLOW))


def test_a_word_on_fraud_may_name_the_posting_of_a_hold(home: Household) -> None:
    #  March 1             2            2
    #  hold: raised     posted      "no fraud", of what is posted
    raised = only(AlertRaised, home.pays(90_000, march(1), "hold", status="pending", **at(MARLOW)))
    home.pays(90_000, march(2), "posted", pending_transaction_id="hold", **at(MARLOW))

    assert (
        only(AlertRetracted, home.hears(of_fraud("posted", "denied"))).alert_id == raised.alert_id
    )


def test_a_stale_word_on_fraud_ends_nothing(home: Household) -> None:
    #  "fraud", revision 2      then an alert      "no fraud", revision 1, too late
    home.pays(90_000, march(1), "sofa", backfill=True, **at(MARLOW))
    home.hears(of_fraud("sofa", "confirmed", revision=2))
    home.hears(of_fraud("sofa", "denied", revision=1))

    assert home.verdict is Verdict.STALE


def test_a_word_on_a_payment_that_is_not_known_is_no_error(home: Household) -> None:
    assert home.hears(of_fraud("unheard-of", "denied")) == []
    assert home.verdict is Verdict.UNUSED


def test_what_was_said_of_fraud_is_forgotten_with_the_payment(home: Household) -> None:
    home.pays(90_000, march(1), "sofa", **at(MARLOW))
    home.hears(of_fraud("sofa", "denied"))
    home.sleeps(march(200))

    assert home.user.alerts.cold == OpenAlerts()


@given(
    history=lively_histories,
    account_id=st.sampled_from(ACCOUNTS),
    name=st.sampled_from(TRANSACTIONS),
    verdict=st.sampled_from(("confirmed", "denied")),
)
def test_after_a_word_on_fraud_no_open_alert_names_the_payment(
    history: list[Event], account_id: str, name: str, verdict: Any
) -> None:
    partition = Partition().fold_all(history)
    before = open_alerts(partition)
    about = AboutFraud(kind="fraud", verdict=verdict, account_id=account_id, transaction_id=name)
    said = FeedbackGiven(feedback_id="f", user_id=USERS[0], revision=9, about=about)
    told = partition.fold(said)

    named = {key for key, names in before.items() if (account_id, name) in names}
    after = open_alerts(partition)
    assert not named & after.keys()
    assert len(told) == len(before) - len(after)


def open_alerts(partition: Partition) -> dict[str, set[tuple[str, str]]]:
    return {
        key: {
            (one.account_id, one.transaction_id)
            for one in AlertRaised.from_json(known.published).evidence.transactions
        }
        for key, known in partition.user(USERS[0]).alerts.cold.by_key.items()
        if known.status not in {"resolved", "retracted"}
    }
