"""What is watched for beyond the amount: for each pattern what must be told, and what is near."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from schemas.alerts import Alert, AlertRaised, AlertResolved, AlertRetracted, AlertUpdated
from schemas.arguments import CountArgument, MoneyArgument
from schemas.event import UserEvent
from schemas.preferences import AlertRuleChoice
from tests.processors.household import Household, answer

SHOPS = ("PAPER SHOP", "TOY SHOP", "TEA SHOP", "HAT SHOP", "PEN SHOP", "FISH SHOP")
AT_THE_GROCERS: dict[str, Any] = {"kind": "card", "description": "GROCER", "mcc": "5411"}
AT_HOME: dict[str, Any] = {**AT_THE_GROCERS, "country": "DE", "city": "Bonn"}
IN_NEW_YORK: dict[str, Any] = {
    "kind": "card",
    "description": "DELI",
    "mcc": "5411",
    "country": "US",
    "city": "New York",
}


def march(day: int) -> date:
    return date(2025, 3, 1) + timedelta(days=day - 1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(march(day), time(hour, minute), UTC)


@pytest.fixture
def home() -> Household:
    """Make a household that has paid in shops at home for a month, and that is now in March."""
    home = Household()
    for number in range(30):
        on = date(2025, 1, 25) + timedelta(days=number)
        home.pays(1_000 + number, on, f"known{number}", **AT_HOME)
    home.sleeps(march(2))
    return home


def told(rule_id: str, events: Iterable[UserEvent]) -> list[Alert]:
    """Give what a rule has told."""
    return [own for own in events if isinstance(own, Alert) and own.rule_id == rule_id]


def nights(home: Household, first: int, last: int) -> list[UserEvent]:
    return [event for day in range(first, last + 1) for event in home.sleeps(march(day))]


# A double charge.


def twice(home: Household, **fields: Any) -> list[UserEvent]:
    """Be charged 25.00 twice on March 3."""
    at_the_grocers = {**AT_THE_GROCERS, **fields}
    return [
        *home.pays(2_500, march(3), "first", **at_the_grocers),
        *home.pays(2_500, march(3), "again", **at_the_grocers),
    ]


def test_a_double_charge_is_told_when_it_has_stood_for_three_days(home: Household) -> None:
    #  March 3          4    5    6            7
    #  25.00  25.00               raised at    one of them is
    #                             its end      taken back: retracted
    assert told("duplicate_charge", [*twice(home), *nights(home, 3, 5)]) == []
    [raised] = told("duplicate_charge", nights(home, 6, 6))
    [over] = told("duplicate_charge", home.pays(2_500, march(3), "again", status="removed"))

    assert isinstance(raised, AlertRaised)
    assert {one.transaction_id for one in raised.evidence.transactions} == {"first", "again"}
    assert isinstance(over, AlertRetracted)
    assert over.alert_id == raised.alert_id
    assert told("duplicate_charge", nights(home, 7, 20)) == []


def test_a_double_charge_is_over_when_it_is_given_back(home: Household) -> None:
    #  March 3         6        8
    #  25.00 twice   raised   25.00 back: resolved
    twice(home)
    nights(home, 3, 7)
    [over] = told(
        "duplicate_charge", home.gets(2_500, march(8), **{**AT_THE_GROCERS, "kind": "refund"})
    )

    assert isinstance(over, AlertResolved)


@pytest.mark.parametrize("how", ["removed", "given back"])
def test_what_is_mended_in_time_wakes_nobody(home: Household, how: str) -> None:
    #  March 3         5
    #  25.00 twice   mended
    events = twice(home)
    if how == "removed":
        events += home.pays(2_500, march(3), "again", status="removed", **AT_THE_GROCERS)
    else:
        events += home.gets(2_500, march(5), **{**AT_THE_GROCERS, "kind": "refund"})

    assert told("duplicate_charge", [*events, *nights(home, 3, 20)]) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "METRO TICKETS", "mcc": "4111"},
        {"description": "COFFEE BAR", "mcc": "5814"},
        {"kind": "transfer"},
        {"backfill": True},
    ],
    ids=["tickets", "coffees", "transfers", "history"],
)
def test_what_is_bought_twice_is_no_double_charge(home: Household, fields: dict[str, Any]) -> None:
    assert told("duplicate_charge", [*twice(home, **fields), *nights(home, 3, 20)]) == []


@pytest.mark.parametrize(("minutes", "alerts"), [(0, 1), (2, 1), (3, 0)])
def test_a_machine_charges_twice_at_once_and_people_come_back_later(
    home: Household, minutes: int, alerts: int
) -> None:
    #  12:00   12:00 + minutes
    #  25.00   25.00
    home.pays(2_500, march(3), "first", **AT_THE_GROCERS, occurred_at=at(3, 12))
    home.pays(2_500, march(3), "again", **AT_THE_GROCERS, occurred_at=at(3, 12, minutes))

    assert len(told("duplicate_charge", nights(home, 3, 20))) == alerts


def test_who_pays_twice_as_a_habit_is_left_alone(home: Household) -> None:
    #  March 3            6        10
    #  25.00 twice      raised     30.00 twice: not again
    home.sleeps(march(2))
    for number in range(2):
        home.pays(900, march(2), f"before{number}", **{**AT_THE_GROCERS, "backfill": True})

    assert told("duplicate_charge", [*twice(home), *nights(home, 3, 20)]) == []


def test_a_hold_and_its_posting_are_one_charge(home: Household) -> None:
    #  March 3             5
    #  25.00, a hold     25.00 posted
    home.pays(2_500, march(3), "hold", **AT_THE_GROCERS, status="pending")
    home.pays(2_500, march(5), "posted", **AT_THE_GROCERS)

    assert told("duplicate_charge", nights(home, 3, 30)) == []


# Card testing.


def tries_out(home: Household, count: int, **fields: Any) -> list[UserEvent]:
    """Try a card out at so many shops, five minutes apart from noon on."""
    return [
        event
        for number in range(count)
        for event in home.pays(
            100 + number,
            march(3),
            f"test{number}",
            **{
                "kind": "card",
                "description": SHOPS[number],
                "occurred_at": at(3, 12, 5 * number),
                **fields,
            },
        )
    ]


def test_a_card_that_is_tried_out_is_told_of_and_louder_when_it_is_used(home: Household) -> None:
    #  12:00   :05   :10   :15           :40
    #   1.00  1.01  1.02  1.03: raised  900.00: updated, critical
    [raised] = told("card_testing", tries_out(home, 4))
    [louder] = told("card_testing", is_used(home))

    assert (type(raised), raised.severity, raised.quiet_hours_ok) == (AlertRaised, "error", False)
    assert raised.args["count"] == CountArgument(count=4)
    assert (type(louder), louder.severity, louder.quiet_hours_ok) == (
        AlertUpdated,
        "critical",
        True,
    )
    assert louder.alert_id == raised.alert_id
    assert {one.transaction_id for one in louder.evidence.transactions} == {
        *(f"test{number}" for number in range(4)),
        "large",
    }


def is_used(home: Household, **fields: Any) -> list[UserEvent]:
    """Pay much with the card that was tried out."""
    return home.pays(
        90_000,
        march(3),
        "large",
        **{"kind": "card", "description": "TV SHOP", "occurred_at": at(3, 12, 40), **fields},
    )


def test_who_has_answered_hears_of_it_again_only_when_it_has_become_worse(home: Household) -> None:
    #  tried out: raised   "dismissed"   900.00: critical   "dismissed"   the 900.00 goes: -
    [raised] = told("card_testing", tries_out(home, 4))
    home.hears(answer(raised.alert_id, "dismissed", revision=1))
    [worse] = told("card_testing", is_used(home))
    assert (type(worse), worse.severity) == (AlertUpdated, "critical")

    home.hears(answer(raised.alert_id, "dismissed", revision=2))
    assert told("card_testing", is_used(home, status="removed")) == []


def test_three_charges_are_no_test_yet_and_four_less_one_are_none_any_more(home: Household) -> None:
    assert told("card_testing", tries_out(home, 3)) == []
    [raised] = told("card_testing", tries_out(home, 4))
    [over] = told("card_testing", home.pays(102, march(3), "test2", status="removed"))

    assert isinstance(over, AlertRetracted)
    assert over.alert_id == raised.alert_id


@pytest.mark.parametrize(
    "fields",
    [{"description": "GROCER"}, {"kind": "transfer"}, {"backfill": True}],
    ids=["at the usual grocer's", "by transfer", "in history"],
)
def test_many_small_payments_alone_are_no_test(home: Household, fields: dict[str, Any]) -> None:
    assert told("card_testing", tries_out(home, 6, **fields)) == []


def test_a_stroll_over_a_whole_day_is_no_test(home: Household) -> None:
    for number, shop in enumerate(SHOPS):
        events = home.pays(
            100,
            march(3),
            f"s{number}",
            kind="card",
            description=shop,
            occurred_at=at(3, 9 + number),
        )
        assert told("card_testing", events) == []


# Many payments.


def pays_often(home: Household, count: int, day: int = 3) -> list[UserEvent]:
    """Pay so many times within an hour, where one always pays."""
    return [
        event
        for number in range(count)
        for event in home.pays(
            1_000 + number,
            march(day),
            f"often{day}-{number}",
            **{**AT_THE_GROCERS, "occurred_at": at(day, 12, 5 * number)},
        )
    ]


def test_a_card_that_is_used_far_more_often_than_ever_is_told_of_once(home: Household) -> None:
    #  until February one payment a day;    March 3, from 12:00 on: 7 quiet, the 8th raised
    assert told("velocity", pays_often(home, 7)) == []
    [raised] = told("velocity", pays_often(home, 10))

    assert isinstance(raised, AlertRaised)
    assert raised.args["count"] == CountArgument(count=8)


def test_who_often_pays_often_is_left_alone(home: Household) -> None:
    #  March 3    4    5    6
    #        5    6    7    8 within an hour: what is usual has grown with them
    for day, count in ((3, 5), (4, 6), (5, 7), (6, 8)):
        assert told("velocity", pays_often(home, count, day)) == []


# Unusual places.


def test_a_payment_in_a_strange_country_is_told_of_once_a_journey(home: Household) -> None:
    #  until February: Germany      March 3: New York, raised     4: again, and Canada
    [raised] = told("unusual_place", home.pays(2_000, march(3), "deli", **IN_NEW_YORK))
    again = home.pays(2_100, march(4), "deli-again", **IN_NEW_YORK)
    on_the_way = home.pays(2_200, march(4), "toronto", **{**IN_NEW_YORK, "country": "CA"})

    assert isinstance(raised, AlertRaised)
    assert told("unusual_place", [*again, *on_the_way]) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"country": "DE"},
        {"country": None},
        {"mcc": "5816", "city": None},
        {"kind": "transfer"},
        {"description": "HOTEL", "mcc": "7011"},
        {"backfill": True},
    ],
    ids=["home", "nowhere", "online", "by transfer", "a hotel, booked", "history"],
)
def test_what_need_not_be_far_away_is_not_told_of(home: Household, fields: dict[str, Any]) -> None:
    assert told("unusual_place", home.pays(2_000, march(3), **{**IN_NEW_YORK, **fields})) == []


def test_who_booked_a_hotel_there_may_be_expected_there(home: Household) -> None:
    home.pays(20_000, march(3), **{**IN_NEW_YORK, "description": "HOTEL", "mcc": "7011"})

    assert told("unusual_place", home.pays(2_000, march(9), **IN_NEW_YORK)) == []


def test_where_home_is_has_to_be_known() -> None:
    home = Household()
    for number in range(9):
        home.pays(1_000, march(1), f"known{number}", **AT_HOME)

    assert told("unusual_place", home.pays(2_000, march(3), **IN_NEW_YORK)) == []


@pytest.mark.parametrize(("hour", "alerts"), [(13, 1), (14, 0)])
def test_nobody_is_in_two_parts_of_the_world_within_two_hours(
    home: Household, hour: int, alerts: int
) -> None:
    #  March 3: New York is known      20: 12:00 Bonn     20: New York, an hour later, or two
    home.pays(2_000, march(3), "deli", **IN_NEW_YORK)
    home.sleeps(march(19))
    home.pays(1_000, march(20), "bonn", **AT_HOME, occurred_at=at(20, 12))
    raised = told(
        "unusual_place", home.pays(2_000, march(20), **IN_NEW_YORK, occurred_at=at(20, hour))
    )

    assert [own.severity for own in raised] == ["error"] * alerts


# A dormant account.


def opened(home: Household, on: date) -> None:
    home.opens(
        "old-account",
        "savings",
        balance_minor=500_000,
        as_of=datetime.combine(on, time(22), UTC),
    )


@pytest.mark.parametrize(
    ("still_days", "kind", "alerts"),
    [(90, "card", 1), (89, "card", 0), (120, "direct_debit", 0), (120, "fee", 0)],
)
def test_an_account_that_was_still_for_long_is_told_of_when_money_leaves(
    home: Household, still_days: int, kind: str, alerts: int
) -> None:
    opened(home, march(3) - timedelta(days=still_days))
    payment = {"kind": kind, "account_id": "old-account", "description": "TV SHOP"}
    events = home.pays(40_000, march(3), "tv", **payment)
    again = home.pays(40_000, march(3), "another-tv", **payment)

    assert len(told("dormant_account", events)) == alerts
    assert told("dormant_account", again) == []


def test_money_that_stays_with_the_user_is_not_gone(home: Household) -> None:
    #  December             March 3                       4
    #  old account opened   400.00 leaves it: raised      and comes in at home: retracted
    opened(home, march(3) - timedelta(days=120))
    moves: dict[str, Any] = {"kind": "transfer", "description": "MOVED"}
    [raised] = told(
        "dormant_account", home.pays(40_000, march(3), "out", **moves, account_id="old-account")
    )
    [over] = told("dormant_account", home.gets(40_000, march(4), "in", **moves))

    assert isinstance(over, AlertRetracted)
    assert over.alert_id == raised.alert_id


# A new payee.


def sends(home: Household, amount_minor: int, to: str, day: int, **fields: Any) -> list[UserEvent]:
    usual = {"kind": "transfer", "description": f"TO {to}", "counterparty_account": to}
    return home.pays(amount_minor, march(day), **{**usual, **fields})


def test_a_large_transfer_to_somebody_new_is_told_of(home: Household) -> None:
    #  March 3          4            5                6
    #  50.00 otter   75.00 lynx   200.00 heron     600.00 heron, who is known by now
    sends(home, 5_000, "otter", 3)
    quiet = sends(home, 7_500, "lynx", 4)
    [raised] = told("new_payee_large", sends(home, 20_000, "heron", 5))
    again = sends(home, 60_000, "heron", 6)

    assert told("new_payee_large", [*quiet, *again]) == []
    assert raised.args["usual"] == MoneyArgument(amount_minor=7_500, currency="EUR")
    assert raised.evidence.quiet_below["amount"] == MoneyArgument(
        amount_minor=18_750, currency="EUR"
    )


def test_the_first_transfer_of_all_has_nothing_to_be_compared_with(home: Household) -> None:
    assert told("new_payee_large", sends(home, 90_000, "otter", 3)) == []


def test_a_transfer_that_is_put_right_is_taken_back(home: Household) -> None:
    #  March 3         4                         5
    #  40.00 otter   900.00 lynx: raised       it was 90.00: retracted
    sends(home, 4_000, "otter", 3)
    sends(home, 90_000, "lynx", 4, transaction_id="sent")
    [over] = told("new_payee_large", sends(home, 3_900, "lynx", 4, transaction_id="sent"))

    assert isinstance(over, AlertRetracted)


# Unusual cash.


def takes(home: Household, amount_minor: int, day: int, name: str = "") -> list[UserEvent]:
    name = name or f"cash{day}"
    return home.pays(amount_minor, march(day), name, kind="cash", description="BANK 12")


def test_far_more_cash_than_ever_is_told_of_also_when_it_is_taken_in_parts(home: Household) -> None:
    #  March 3 to 8      9                        10
    #  50.00 a day     150.00 quiet, and 150.00: raised, and back: retracted
    for day in range(3, 9):
        assert told("unusual_cash", takes(home, 5_000, day)) == []
    assert told("unusual_cash", takes(home, 15_000, 9, "one")) == []
    [raised] = told("unusual_cash", takes(home, 15_000, 9, "two"))
    [over] = told("unusual_cash", home.pays(15_000, march(9), "two", status="removed"))

    assert raised.args["amount"] == MoneyArgument(amount_minor=30_000, currency="EUR")
    assert isinstance(over, AlertRetracted)


def test_who_comes_to_take_more_is_told_of_it_for_a_while_only(home: Household) -> None:
    for day in range(3, 9):
        takes(home, 5_000, day)
    alerts = [len(told("unusual_cash", takes(home, 30_000, day))) for day in range(9, 24)]

    assert alerts[0] == 1
    assert sum(alerts) < len(alerts) // 2
    assert alerts[-1] == 0


# A balance that does not add up.


def keeps_account(
    home: Household, first: int, last: int, missing_minor: int = 0
) -> list[UserEvent]:
    """Pay 10.00 a day, and hear each time what is left of 5,000.00."""
    events = []
    for day in range(first, last + 1):
        left_minor = 500_000 - day * 1_000 - missing_minor
        events += home.pays(
            1_000, march(day), f"day{day}", **AT_HOME, balance_after_minor=left_minor
        )
        events += home.sleeps(march(day))
    return events


@pytest.fixture
def reported() -> Household:
    home = Household()
    home.bank_says(balance_minor=500_000, as_of=datetime(2025, 2, 28, 22, tzinfo=UTC))
    home.sleeps(date(2025, 2, 28))
    return home


def test_a_balance_that_has_parted_from_the_sum_is_told_of_until_they_agree(
    reported: Household,
) -> None:
    #  March 1 to 20: they agree      21 to 34: 77.00 less     35: raised       36: resolved
    assert told("balance_mismatch", keeps_account(reported, 1, 20)) == []
    assert told("balance_mismatch", keeps_account(reported, 21, 34, 7_700)) == []
    [raised] = told("balance_mismatch", keeps_account(reported, 35, 40, 7_700))
    reported.pays(7_700, march(21), "found", kind="card", description="LATE SHOP")
    [over] = told("balance_mismatch", keeps_account(reported, 41, 44, 7_700))

    assert raised.severity == "info"
    assert raised.args["difference"] == MoneyArgument(amount_minor=-7_700, currency="EUR")
    assert isinstance(over, AlertResolved)
    assert over.alert_id == raised.alert_id


def test_what_comes_late_is_waited_for(reported: Household) -> None:
    #  March 1 to 20: they agree    21 to 30: 77.00 less    then it comes
    events = keeps_account(reported, 1, 20) + keeps_account(reported, 21, 30, 7_700)
    events += reported.pays(7_700, march(21), "found", kind="card", description="LATE SHOP")
    events += keeps_account(reported, 31, 60, 7_700)

    assert told("balance_mismatch", events) == []


# What users choose.


@pytest.mark.parametrize(("count", "alerts"), [(3, 1), (4, 1), (5, 0)])
def test_a_bound_that_the_user_chose_is_honoured(home: Household, count: int, alerts: int) -> None:
    choice = AlertRuleChoice(rule_id="card_testing", parameters={"count_at_least": count})
    home.chooses(choice)

    assert len(told("card_testing", tries_out(home, 4))) == alerts
