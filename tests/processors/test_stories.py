"""A few households' stories, each with its timeline."""

from datetime import date, timedelta

import pytest

from processors.state.sections import Total
from processors.state.verdict import Verdict
from schemas.alerts import Alert, AlertRaised, AlertResolved, AlertRetracted, AlertUpdated
from schemas.arguments import MoneyArgument
from schemas.fields import LAST_DATE
from schemas.forecasts import ForecastMade
from schemas.insights import Insight, InsightExpired, InsightPublished, InsightUpdated
from schemas.journal import Policy, PolicyActivated
from schemas.money import AMOUNT_MINOR_MAX
from schemas.preferences import AlertRuleChoice
from schemas.refusals import Code, Refusal
from schemas.transactions import TransactionEnriched, TransactionImported
from tests.processors.household import CURRENT, Household, answer, none_of, only, paid

MARCH = 202503


def march(day: int) -> date:
    return date(2025, 3, 1) + timedelta(days=day - 1)


@pytest.fixture
def home() -> Household:
    return Household()


@pytest.fixture
def settled() -> Household:
    """Make a household of which enough is known to notice what is unusual."""
    home = Household()
    home.pays_as_usual(until=march(1))
    home.sleeps(march(1))
    return home


# What counts, and how often.


def test_a_repeat_counts_once(home: Household) -> None:
    #  March 3        3        3
    #  coffee   the same   the same
    told = [home.pays(250, march(3), "coffee") for _ in range(3)]

    assert [len(events) for events in told] == [1, 0, 0]
    assert home.verdict is Verdict.REPEAT
    assert home.spent(MARCH) == Total(0, 250, 0, 1)


def test_what_comes_of_a_paused_provider_is_set_aside(home: Household) -> None:
    #  March 3        3        4         5
    #  coffee    paused   coffee    resumed, and the coffee again
    home.pays(250, march(3), provider="old-bank")
    home.hears(PolicyActivated(version="2", policy=Policy(paused_providers=("old-bank",))))
    home.pays(300, march(4), provider="old-bank")

    assert home.verdict == Refusal(Code.PROVIDER_PAUSED, "provider")
    assert home.bank_says(provider="old-bank") == []
    assert home.verdict == Refusal(Code.PROVIDER_PAUSED, "provider")
    home.pays(100, march(4), provider="new-bank")
    home.pays(10, march(4))  # Of nobody that has a name.
    assert home.spent(MARCH) == Total(0, 360, 0, 3)

    home.hears(PolicyActivated(version="3", policy=Policy()))
    home.pays(300, march(4), provider="old-bank")
    assert home.spent(MARCH) == Total(0, 660, 0, 4)


def test_two_identical_coffees_stay_two(home: Household) -> None:
    #  March 3      3
    #  coffee   another, with an id of its own
    home.pays(250, march(3), "coffee")
    home.pays(250, march(3), "another")

    assert home.spent(MARCH) == Total(0, 500, 0, 2)


HOLD = paid(5_000, march(3), "hold", status="pending")
POSTED = paid(5_600, march(5), "posted", pending_transaction_id="hold")


@pytest.mark.parametrize("entries", [[HOLD, POSTED], [POSTED, HOLD]], ids=["in order", "reversed"])
def test_a_posted_payment_takes_the_place_of_its_hold(
    home: Household, entries: list[TransactionImported]
) -> None:
    #  March 3          5
    #  hold 50.00 ──> posted 56.00      and the same when the two arrive the other way round
    views = [view for entry in entries for view in home.hears(entry)]

    latest = {view.transaction_id: view for view in views if isinstance(view, TransactionEnriched)}
    assert latest["hold"].status == "removed"
    assert latest["posted"].status == "posted"
    assert [link.transaction_id for link in latest["posted"].links] == ["hold"]
    assert home.spent(MARCH) == Total(0, 5_600, 0, 1)


def test_a_hint_that_the_amounts_contradict_is_not_believed(home: Household) -> None:
    #  March 3          5
    #  hold 50.00     posted 66.00: 32 % more is no tip
    home.hears(HOLD)
    home.pays(6_600, march(5), "posted", pending_transaction_id="hold")

    assert home.spent(MARCH) == Total(0, 11_600, 0, 2)


def test_what_left_the_window_is_still_known(home: Household) -> None:
    #  2019          March 3            4              5
    #  old rent   first sight: counts   night   the same again: does not
    long_ago = paid(70_000, date(2019, 5, 1), "rent")
    home.sleeps(march(2))
    home.hears(long_ago)
    home.sleeps(march(4))

    assert home.hears(long_ago) == []
    assert home.verdict is Verdict.REPEAT
    assert home.spent(0) == Total(0, 70_000, 0, 1)


def test_a_correction_older_than_the_window_is_too_late(home: Household) -> None:
    #  March 3        July 1                July 2
    #  coffee      120 days later     taken back: refused
    home.sleeps(march(2))
    home.pays(250, march(3), "coffee")
    home.sleeps(march(3) + timedelta(days=120))

    assert home.pays(250, march(3), "coffee", status="removed") == []
    assert home.verdict == Refusal(Code.TOO_LATE, "booked_on")
    assert home.spent(MARCH) == Total(0, 250, 0, 1)


def test_what_has_no_revision_does_not_let_a_stale_one_win(home: Household) -> None:
    #  revision 5      none        3
    #  25.00         removed     24.00: stale
    home.pays(2_500, march(3), "lunch", revision=5)
    home.pays(2_500, march(3), "lunch", status="removed")
    home.pays(2_400, march(3), "lunch", revision=3)

    assert home.verdict is Verdict.STALE
    assert home.spent(MARCH) == Total()


def test_a_hold_that_comes_again_does_not_undo_its_posting(home: Household) -> None:
    #  March 3         5          5
    #  hold 50.00   posted   the hold again, delivered twice by its producer
    hold = paid(5_000, march(3), "lunch", status="pending")
    home.hears(hold)
    home.pays(5_600, march(5), "lunch")

    assert home.hears(hold) == []
    assert home.spent(MARCH) == Total(0, 5_600, 0, 1)


def test_sums_may_pass_the_bound_of_one_amount(home: Household) -> None:
    home.sleeps(march(1))
    for name in ("one", "two", "three"):
        home.pays(AMOUNT_MINOR_MAX, march(2), name)
    told = home.sleeps(date(2025, 4, 1))

    assert only(ForecastMade, told).point_minor == 3 * AMOUNT_MINOR_MAX


# Categories.


def test_a_label_of_the_users_wins_the_next_time(home: Household) -> None:
    #  March 3          4                      5
    #  Marlow's   "that is books"      Marlow's again: books
    marlow = {"description": "MARLOW 12", "mcc": "5411"}
    (first,) = home.pays(900, march(3), "first", **marlow)
    (refiled,) = home.files("first", "shopping.books")
    (second,) = home.pays(700, march(5), "second", **marlow)

    assert isinstance(first, TransactionEnriched)
    assert isinstance(refiled, TransactionEnriched)
    assert isinstance(second, TransactionEnriched)
    assert (first.category, first.reason.level) == ("food.groceries", "mcc")
    assert (refiled.category, refiled.reason.level, refiled.revision) == (
        "shopping.books",
        "user",
        2,
    )
    assert (second.category, second.reason.level) == ("shopping.books", "merchant")
    assert home.spent(MARCH, "shopping.books") == Total(0, 1_600, 0, 2)
    assert home.spent(MARCH, "food.groceries") == Total()


# An unusually large payment.


def test_a_removed_payment_takes_its_alert_back(settled: Household) -> None:
    #  February: 10 to 12 a day     March 2        3
    #                                 900       removed
    raised = only(AlertRaised, settled.pays(90_000, march(2), "sofa"))
    retracted = only(AlertRetracted, settled.pays(90_000, march(2), "sofa", status="removed"))

    assert raised.rule_id == "unusual_payment"
    assert raised.args["amount"] == MoneyArgument(amount_minor=90_000, currency="EUR")
    assert (retracted.alert_id, retracted.revision) == (raised.alert_id, 2)


@pytest.mark.parametrize("at_least_minor", [0, 5_000, 30_000])
def test_would_not_have_fired_below_means_what_it_says(at_least_minor: int) -> None:
    #  March 2: 900.00 fires, and says that it would not have below X
    #  the same past, three times:  X - 0.01 is quiet,  X fires
    def household() -> Household:
        home = Household()
        home.pays_as_usual(until=march(1))
        choice = {"at_least_minor": at_least_minor}
        home.chooses(AlertRuleChoice(rule_id="unusual_payment", parameters=choice))
        return home

    bound = only(AlertRaised, household().pays(90_000, march(2))).evidence.quiet_below["amount"]

    assert isinstance(bound, MoneyArgument)
    assert none_of(Alert, household().pays(bound.amount_minor - 1, march(2)))
    only(AlertRaised, household().pays(bound.amount_minor, march(2)))


def test_history_never_alerts(settled: Household) -> None:
    #  March 2
    #  900, sent as history; and the balance far below zero, by history as well
    settled.has(20_000, march(1))

    assert none_of(Alert, settled.pays(90_000, march(2), "sofa", backfill=True))


def test_a_payment_of_weeks_ago_is_not_worth_an_alert(settled: Household) -> None:
    #  March 2              20
    #  900, seen only now ──^
    settled.sleeps(march(20))

    assert none_of(Alert, settled.pays(90_000, march(2), "sofa"))


def test_a_normal_payment_is_told_to_be_normal_once(settled: Household) -> None:
    #  March 2      3          4           5
    #   900     "normal"   "normal"    "dismissed"
    raised = only(AlertRaised, settled.pays(90_000, march(2), "sofa"))

    only(AlertRetracted, settled.hears(answer(raised.alert_id, "normal", revision=1)))
    assert settled.hears(answer(raised.alert_id, "normal", revision=1)) == []
    assert settled.hears(answer(raised.alert_id, "dismissed", revision=2)) == []


@pytest.mark.parametrize(
    ("choice", "alerts"),
    [
        (AlertRuleChoice(rule_id="unusual_payment", enabled=False), 0),
        (AlertRuleChoice(rule_id="unusual_payment", muted_until=march(1)), 0),
        (AlertRuleChoice(rule_id="unusual_payment", muted_until=date(2025, 2, 28)), 1),
        (AlertRuleChoice(rule_id="unusual_payment", parameters={"at_least_minor": 90_001}), 0),
        (AlertRuleChoice(rule_id="unusual_payment", parameters={"at_least_minor": 90_000}), 1),
        (AlertRuleChoice(rule_id="low_balance", enabled=False), 1),
    ],
    ids=["off", "muted", "muted until yesterday", "too small", "just enough", "of another rule"],
)
def test_what_the_user_chose_for_a_rule_is_honoured(
    settled: Household, choice: AlertRuleChoice, alerts: int
) -> None:
    settled.chooses(choice)
    told = settled.pays(90_000, march(2), "sofa")

    assert len([one for one in told if isinstance(one, Alert)]) == alerts


# A low balance.


def test_a_low_balance_is_told_once_and_resolved_when_money_comes(home: Household) -> None:
    #  bound 100.00
    #  March 1     2       3       4      5
    #   150      -60     -20     -80   +500
    #            90       70     -10    490
    #          raised          updated  resolved
    home.has(15_000, march(1))
    raised = only(AlertRaised, home.pays(6_000, march(2)))
    quiet = home.pays(2_000, march(3))
    worse = only(AlertUpdated, home.pays(8_000, march(4)))
    over = only(AlertResolved, home.gets(50_000, march(5)))

    assert (raised.rule_id, raised.severity) == ("low_balance", "warning")
    assert raised.args["balance"] == MoneyArgument(amount_minor=9_000, currency="EUR")
    assert none_of(Alert, quiet)
    assert worse.severity == "error"
    assert {raised.alert_id, worse.alert_id, over.alert_id} == {raised.alert_id}
    assert home.balance_minor == 49_000


def test_a_balance_that_is_low_twice_a_day_wakes_nobody_twice(home: Household) -> None:
    #  March 2                                      night  3
    #  90: raised    190: resolved    90: updated    |     190: resolved    90: raised, a new one
    home.has(15_000, march(1))
    told = [
        *home.pays(6_000, march(2), "a"),
        *home.gets(10_000, march(2), "b"),
        *home.pays(10_000, march(2), "c"),
        *home.sleeps(march(2)),
        *home.gets(10_000, march(3), "d"),
        *home.pays(10_000, march(3), "e"),
    ]

    alerts = [one for one in told if isinstance(one, Alert)]
    assert [type(one) for one in alerts] == [
        AlertRaised,
        AlertResolved,
        AlertUpdated,
        AlertResolved,
        AlertRaised,
    ]
    assert len({one.alert_id for one in alerts}) == 2


def test_a_booking_of_tomorrow_does_not_use_an_alert_twice(home: Household) -> None:
    #  March 2, and a payment that is booked on the 3rd already
    #  90, of the 3rd: raised    190: resolved    90, of the 2nd: updated    190    90, of the 3rd
    home.has(15_000, march(1))
    told = [
        *home.pays(6_000, march(3), "a"),
        *home.gets(10_000, march(2), "b"),
        *home.pays(10_000, march(2), "c"),
        *home.gets(10_000, march(2), "d"),
        *home.pays(10_000, march(3), "e"),
    ]

    raised = [one.alert_id for one in told if isinstance(one, AlertRaised)]
    assert len(raised) == 1


def test_an_answer_that_comes_again_does_not_end_the_alert_again(home: Household) -> None:
    #  March 2                                       2
    #  90: raised    "such a balance is normal"    190    80: updated    the same, redelivered
    home.has(15_000, march(1))
    raised = only(AlertRaised, home.pays(6_000, march(2), "a"))
    normal = answer(raised.alert_id, "normal", scope="amount")
    only(AlertRetracted, home.hears(normal))
    home.gets(10_000, march(2), "b")
    only(AlertUpdated, home.pays(11_000, march(2), "c"))

    assert home.hears(normal) == []
    assert home.verdict is Verdict.REPEAT


def test_a_report_that_comes_again_does_not_open_what_was_dismissed(home: Household) -> None:
    #  March 2                                   2
    #  the bank: 90: raised    "dismissed"    the same report, delivered twice
    raised = only(AlertRaised, home.has(9_000, march(2), revision=7))
    only(AlertResolved, home.hears(answer(raised.alert_id, "dismissed")))

    assert home.has(9_000, march(2), revision=7) == []
    assert home.verdict is Verdict.REPEAT


def test_the_bound_of_a_low_balance_can_be_chosen(home: Household) -> None:
    home.has(15_000, march(1))
    raised = home.chooses(
        AlertRuleChoice(rule_id="low_balance", parameters={"below_minor": 15_001})
    )
    over = home.chooses(AlertRuleChoice(rule_id="low_balance", parameters={"below_minor": 15_000}))

    assert only(AlertRaised, raised).args["below"] == MoneyArgument(
        amount_minor=15_001, currency="EUR"
    )
    only(AlertResolved, over)


def test_a_balance_adds_no_foreign_money(home: Household) -> None:
    home.has(15_000, march(1))
    home.pays(5_000, march(2), currency="JPY")
    home.pays(5_000, march(2))

    assert home.balance_minor == 10_000


def test_a_report_without_a_balance_keeps_the_running_one(home: Household) -> None:
    #  March 1      2       …  July 1: the payment has left the window      the bank says: active
    #   500       -100
    home.sleeps(march(1))
    home.has(50_000, march(1))
    home.pays(10_000, march(2))
    home.sleeps(date(2025, 7, 1))
    home.bank_says(status="active")

    assert home.balance_minor == 40_000


def test_the_last_day_of_the_calendar_can_be_paid_on(home: Household) -> None:
    home.has(15_000, march(1))
    raised = only(AlertRaised, home.pays(6_000, LAST_DATE))

    assert raised.expires_at.date() == LAST_DATE


def test_an_account_that_is_not_the_users_to_spend_has_no_low_balance(home: Household) -> None:
    assert none_of(Alert, home.has(-90_000, march(1), type="credit"))
    assert home.user.accounts.hot.by_id[CURRENT].type == "credit"


# Months.


def test_a_month_is_told_at_its_end_and_kept_true(home: Household) -> None:
    #  March 1  …  31      April 1        2: 30.00 of March 30      2: 0.20 of March 30     May 1
    #  25.00  ──────── published 25.00       updated 55.00             not worth a word     expired
    home.sleeps(march(1))
    home.pays(2_500, march(5), "book", mcc="5942")
    none_before = home.sleeps(march(31))
    published = only(InsightPublished, home.sleeps(date(2025, 4, 1)))
    updated = only(InsightUpdated, home.pays(3_000, march(30), "late", mcc="5942"))
    a_trifle = home.pays(20, march(30), "trifle", mcc="5942")
    expired = only(InsightExpired, home.sleeps(date(2025, 5, 2)))

    assert none_of(Insight, none_before)
    assert published.facts["spent"] == MoneyArgument(amount_minor=2_500, currency="EUR")
    assert updated.facts["spent"] == MoneyArgument(amount_minor=5_500, currency="EUR")
    assert none_of(Insight, a_trifle)
    assert [published.revision, updated.revision, expired.revision] == [1, 2, 3]


def test_a_month_without_spending_names_no_category(home: Household) -> None:
    home.sleeps(march(1))
    home.gets(200_000, march(25), kind="salary")
    told = only(InsightPublished, home.sleeps(date(2025, 4, 1)))

    assert told.text == "You spent €0.00 and received €2,000.00."
    assert told.facts.keys() == {"month", "spent", "received"}


def test_a_month_that_was_taken_back_is_told_no_longer(home: Household) -> None:
    #  March 5      April 1         2
    #   25.00      published     removed: expired
    home.sleeps(march(1))
    home.pays(2_500, march(5), "book")
    only(InsightPublished, home.sleeps(date(2025, 4, 1)))

    only(InsightExpired, home.pays(2_500, march(5), "book", status="removed"))


def test_a_forecast_has_no_interval_until_four_errors_are_known(home: Household) -> None:
    #  spent      100   120   110   150   130   130
    #  forecast         100   120   110   150   130   130
    #  error            +20   -10   +40   -20    0
    #  so at the start of month 6 four are known: the largest is 40
    home.sleeps(date(2025, 1, 1))
    forecasts = []
    for month, spent in enumerate((10_000, 12_000, 11_000, 15_000, 13_000, 13_000), start=1):
        home.pays(spent, date(2025, month, 10))
        forecasts.append(only(ForecastMade, home.sleeps(date(2025, month + 1, 1))))

    assert [one.point_minor for one in forecasts] == [
        10_000,
        12_000,
        11_000,
        15_000,
        13_000,
        13_000,
    ]
    assert [one.history_needed for one in forecasts] == [4, 3, 2, 1, 0, 0]
    assert [one.interval_80 is not None for one in forecasts] == [False] * 4 + [True] * 2
    interval = forecasts[4].interval_80
    assert interval is not None
    assert (interval.low_minor, interval.high_minor) == (13_000 - 4_000, 13_000 + 4_000)
    assert all(one.interval_95 is None for one in forecasts)
