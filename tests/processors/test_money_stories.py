"""The field's oldest complaints, told as stories: the same money counted wrongly."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from processors.state.sections import Total
from processors.state.verdict import Verdict
from schemas.accounts import AccountType
from schemas.alerts import Alert, AlertRaised, AlertRetracted
from schemas.preferences import Preferences, SettingsChanged
from tests.processors.household import CURRENT, NAME, Household, none_of, only

FEBRUARY, MARCH, APRIL = 202502, 202503, 202504
BAR: dict[str, Any] = {"merchant_name": "Trattoria Roma", "kind": "card"}
MEALS = "dining.restaurant"
# Its code tells what it sells; its name does not.
SHOP: dict[str, Any] = {"merchant_name": "Marlow and Sons", "mcc": "5661", "kind": "card"}
SHOES = "shopping.clothing"


def march(day: int) -> date:
    return date(2025, 3, 1) + timedelta(days=day - 1)


@pytest.fixture
def home() -> Household:
    """Make a household with a current account, savings and a credit card."""
    home = Household()
    home.opens(CURRENT, "checking")
    home.opens("savings", "savings")
    home.opens("card", "credit")
    return home


@pytest.fixture
def settled() -> Household:
    """Make a household of which enough is known to notice what is unusual."""
    home = Household()
    home.pays_as_usual(until=march(1))
    home.sleeps(march(1))
    return home


# Pending and posted.


def test_a_hold_goes_when_it_is_posted_though_nobody_says_so(home: Household) -> None:
    #  March 3          6
    #  hold 24.00 ──> 24.00, with an id of its own and no hint
    home.pays(2_400, march(3), "hold", status="pending", **BAR)
    home.pays(2_400, march(6), "posted", **BAR)

    assert home.view("hold").gone == "replaced"
    assert home.links("posted") == {"replaces": "hold"}
    assert home.links("hold") == {"replaced_by": "posted"}
    assert home.spent(MARCH, MEALS) == Total(0, 2_400, 0, 1)


def test_a_hold_that_the_provider_names_wrongly_stays_for_its_own_posting(home: Household) -> None:
    #  March 3          4                         5
    #  hold 84.00     1.99, "it was that hold"  84.00
    #       └──────────────────────────────────────^
    home.pays(8_400, march(3), "hold", status="pending", **BAR)
    home.pays(199, march(4), "trifle", pending_transaction_id="hold", **BAR)
    assert home.spent(MARCH, MEALS) == Total(0, 8_599, 0, 2)

    home.pays(8_400, march(5), "dinner", **BAR)
    assert home.links("dinner") == {"replaces": "hold"}
    assert home.spent(MARCH, MEALS) == Total(0, 8_599, 0, 2)


def test_two_identical_coffees_stay_two_when_they_are_posted(home: Household) -> None:
    #  March 3               4
    #  2.50 and 2.50 held   both posted, one after the other
    for name in ("h1", "h2"):
        home.pays(250, march(3), name, status="pending", **BAR)
    for name in ("p1", "p2"):
        home.pays(250, march(4), name, **BAR)
        assert home.spent(MARCH, MEALS) == Total(0, 500, 0, 2)

    assert {home.links(name)["replaces"] for name in ("p1", "p2")} == {"h1", "h2"}


def test_one_hold_is_replaced_by_one_of_two_coffees(home: Household) -> None:
    #  March 3     4
    #  2.50 held  2.50 and 2.50 posted: the second was never held
    home.pays(250, march(3), "hold", status="pending", **BAR)
    for name in ("p1", "p2"):
        home.pays(250, march(4), name, **BAR)

    assert home.spent(MARCH, MEALS) == Total(0, 500, 0, 2)


def test_a_posting_that_comes_before_its_hold_leaves_the_hold_no_place(home: Household) -> None:
    #  arrives first: 24.00 of March 5       then: the hold of March 3
    home.pays(2_400, march(5), "posted", **BAR)
    home.pays(2_400, march(3), "hold", status="pending", **BAR)

    assert home.view("hold").gone == "replaced"
    assert home.spent(MARCH, MEALS) == Total(0, 2_400, 0, 1)


def test_a_hold_that_turns_out_to_be_something_else_is_filed_as_that(home: Household) -> None:
    #  March 3     4            5
    #  hold ──> posted    the "hold" was a fee, under its own id, and the posting is another's
    home.pays(2_400, march(3), "hold", status="pending")
    home.pays(2_400, march(4), "posted")
    assert home.view("hold").gone == "replaced"

    home.pays(2_400, march(3), "hold", kind="fee", revision=1)
    assert home.view("hold").category == "finance.fee"
    assert home.natures(MARCH).fee == -2_400


def test_a_tip_is_added_when_a_dinner_is_posted(home: Household) -> None:
    #  March 3          5
    #  hold 50.00 ──> 58.00, the same place
    home.pays(5_000, march(3), "hold", status="pending", **BAR)
    home.pays(5_800, march(5), "posted", **BAR)

    assert home.view("hold").gone == "replaced"
    assert home.spent(MARCH, MEALS) == Total(0, 5_800, 0, 1)


def test_a_pump_holds_more_than_was_filled(home: Household) -> None:
    #  March 3           4
    #  hold 100.00 ──> 43.17
    pump = {"description": "SHELL FUEL", "mcc": "5541", "kind": "card"}
    home.pays(10_000, march(3), "hold", status="pending", **pump)
    home.pays(4_317, march(4), "posted", **pump)

    assert home.view("hold").gone == "replaced"
    assert home.spent(MARCH, "transport.fuel") == Total(0, 4_317, 0, 1)


def test_a_hold_that_nothing_comes_of_expires_and_takes_its_alert_back(
    settled: Household,
) -> None:
    #  March 2                16          17
    #  hold 900.00: raised   still held   expired: retracted
    raised = only(AlertRaised, settled.pays(90_000, march(2), "hold", status="pending"))
    assert none_of(Alert, settled.sleeps(march(16)))
    retracted = only(AlertRetracted, settled.sleeps(march(17)))

    assert retracted.alert_id == raised.alert_id
    assert settled.view("hold").gone == "expired"
    assert settled.spent(MARCH) == Total()


def test_a_hold_that_was_told_of_is_not_told_of_again_when_posted(settled: Household) -> None:
    #  March 2                 4                  5
    #  hold 900.00: raised   posted: quiet   removed: retracted
    raised = only(AlertRaised, settled.pays(90_000, march(2), "hold", status="pending"))
    assert none_of(Alert, settled.pays(90_000, march(4), "sofa"))
    retracted = only(AlertRetracted, settled.pays(90_000, march(4), "sofa", status="removed"))

    assert retracted.alert_id == raised.alert_id
    assert settled.view("hold").gone == "replaced"  # A bank's own removal revives no hold.


def test_an_alert_about_a_posting_outlives_the_late_arrival_of_its_hold(
    settled: Household,
) -> None:
    #  arrives first: 900.00 of March 3, raised     then: its hold, quiet     then: removed
    raised = only(AlertRaised, settled.pays(90_000, march(3), "sofa"))
    assert none_of(Alert, settled.pays(90_000, march(2), "hold", status="pending"))
    retracted = only(AlertRetracted, settled.pays(90_000, march(3), "sofa", status="removed"))

    assert retracted.alert_id == raised.alert_id


def test_an_alert_is_taken_back_whatever_id_the_payment_has_by_then(settled: Household) -> None:
    #  March 2: hold 900.00, raised     3: posted     6: a new connection, new ids     7: removed
    raised = only(AlertRaised, settled.pays(90_000, march(2), "hold", status="pending"))
    settled.pays(90_000, march(3), "sofa")
    settled.pays(900, march(3), "lunch")
    settled.sleeps(march(5))
    settled.bank_says(status="disconnected")
    settled.bank_says(status="active")
    settled.pays(900, march(3), "new-lunch")
    quiet = settled.pays(90_000, march(3), "new-sofa")
    assert settled.links("new-sofa") == {"replaces": "sofa"}
    assert none_of(Alert, quiet)
    told = settled.pays(90_000, march(3), "new-sofa", status="removed")

    assert only(AlertRetracted, told).alert_id == raised.alert_id


def test_what_the_user_said_of_a_hold_holds_for_its_posting(home: Household) -> None:
    #  March 3        3                4
    #  hold      "it was books"      posted: books, too
    home.pays(2_400, march(3), "hold", status="pending")
    home.files("hold", "shopping.books")
    home.pays(2_400, march(4), "posted")

    assert (home.view("posted").category, home.view("posted").reason.level) == (
        "shopping.books",
        "user",
    )
    assert home.spent(MARCH, "shopping.books") == Total(0, 2_400, 0, 1)


def test_an_answer_that_names_the_hold_reaches_what_took_its_place(home: Household) -> None:
    #  March 3     4             5
    #  hold ──> posted   "the hold was books"
    home.pays(2_400, march(3), "hold", status="pending")
    home.pays(2_400, march(4), "posted")
    home.files("hold", "shopping.books")

    assert home.view("posted").category == "shopping.books"
    assert home.spent(MARCH, "shopping.books") == Total(0, 2_400, 0, 1)


# What was taken back, and what comes again.


def test_what_was_removed_stays_away_until_a_greater_revision(home: Household) -> None:
    #  March 3    4          5                  6
    #  lunch   removed   the same: stale   a greater revision: back
    home.pays(900, march(3), "lunch")
    home.pays(900, march(3), "lunch", status="removed")
    home.pays(900, march(3), "lunch")
    assert home.verdict is Verdict.STALE
    assert home.spent(MARCH) == Total()

    home.pays(900, march(3), "lunch", revision=1)
    assert home.spent(MARCH) == Total(0, 900, 0, 1)


def test_a_removal_that_comes_first_waits(home: Household) -> None:
    #  March 3: removed, before anybody has heard of it      then: the payment itself, late
    home.pays(900, march(3), "lunch", status="removed", revision=1)
    home.pays(900, march(3), "lunch")

    assert home.verdict is Verdict.STALE
    assert home.spent(MARCH) == Total()


def test_a_new_connection_with_new_ids_counts_nothing_twice(home: Household) -> None:
    #  March 3..5         6                     7
    #  a b c     disconnected, active    x y z of March 3..5 again, and w of March 7
    home.sleeps(march(5))
    for name, day in (("a", 3), ("b", 4), ("c", 5)):
        home.pays(900 + day, march(day), name, **BAR)
    home.bank_says(status="disconnected")
    home.bank_says(status="active")
    for name, day in (("x", 3), ("y", 4), ("z", 5)):
        home.pays(900 + day, march(day), name, **BAR)
    home.pays(907, march(7), "w", **BAR)

    assert [home.view(name).gone for name in "abc"] == ["replaced"] * 3
    assert home.links("y") == {"replaces": "b"}
    assert home.spent(MARCH, MEALS) == Total(0, 903 + 904 + 905 + 907, 0, 4)


def test_one_repeat_after_a_new_connection_is_no_proof_of_new_ids(home: Household) -> None:
    #  March 3         6                     7
    #  a      disconnected, active    another coffee of March 3, sent late
    home.sleeps(march(5))
    home.pays(250, march(3), "a", **BAR)
    home.bank_says(status="disconnected")
    home.bank_says(status="active")
    home.pays(250, march(3), "late", **BAR)

    assert home.spent(MARCH, MEALS) == Total(0, 500, 0, 2)


# Transfers between own accounts.


def test_money_from_ones_own_savings_is_no_income(home: Household) -> None:
    #  March 3                         4
    #  savings -500.00 ─────────> current +500.00
    home.pays(50_000, march(3), "out", account_id="savings", kind="transfer")
    home.gets(50_000, march(4), "in", kind="transfer")

    assert home.links("in") == {"transfer_pair": "out"}
    assert home.links("out", "savings") == {"transfer_pair": "in"}
    assert home.spent(MARCH, "transfer.savings") == Total(50_000, 50_000, 0, 2)
    assert home.natures(MARCH).income == 0


@pytest.mark.parametrize(
    ("type_", "kind", "filed_as"),
    [
        ("credit", "direct_debit", "transfer.card_payment"),
        ("loan", "standing_order", "transfer.loan"),
        ("savings", "standing_order", "transfer.savings"),
        ("investment", "transfer", "transfer.investments"),
        ("checking", "transfer", "transfer.own_account"),
    ],
    ids=["the card is paid", "a loan is paid down", "a sweep", "a fund", "another bank"],
)
def test_a_payment_to_another_account_is_filed_by_its_type(
    home: Household, type_: AccountType, kind: str, filed_as: str
) -> None:
    #  March 3                        5
    #  current -300.00 ─────────> the other +300.00
    home.opens("other", type_)
    home.pays(30_000, march(3), "out", kind=kind)
    home.gets(30_000, march(5), "in", account_id="other", merchant_name="Thank you")

    assert home.view("out").category == home.view("in", "other").category == filed_as
    assert (home.view("out").reason.level, home.flags("out")) == ("transfer", {"transfer"})
    assert home.natures(MARCH) == (0, 0, 0, 0, 0, 0)


def test_every_round_up_finds_its_other_half(home: Household) -> None:
    #  March 3: two coffees of 2.40, and twice 0.60 goes to savings
    for name in ("one", "two"):
        home.pays(240, march(3), f"coffee-{name}", **BAR)
        home.pays(60, march(3), f"up-{name}", kind="transfer")
        home.gets(60, march(3), f"saved-{name}", account_id="savings", kind="transfer")

    assert home.links("up-one") != home.links("up-two")
    assert home.spent(MARCH, "transfer.savings") == Total(120, 120, 0, 4)
    assert home.spent(MARCH, MEALS) == Total(0, 480, 0, 2)


def test_a_leg_whose_other_half_never_comes_is_known_by_the_account_it_names(
    home: Household,
) -> None:
    #  March 3
    #  current -200.00 ──> savings, whose bank sends no transactions
    home.pays(20_000, march(3), "out", counterparty_account="savings")

    assert home.view("out").category == "transfer.savings"
    assert (home.links("out"), home.flags("out")) == ({}, {"transfer"})
    assert home.natures(MARCH).transfer == -20_000


OUT, IN = (CURRENT, "out"), ("savings", "in")


def moved(home: Household) -> None:
    home.pays(50_000, march(3), "out", kind="transfer")
    home.gets(50_000, march(4), "in", account_id="savings", kind="transfer")


def test_a_pair_that_the_user_rejects_stays_rejected(home: Household) -> None:
    #  March 3 ──> 4           5                       6
    #  out, in: a pair   "that is no transfer"   the bank corrects its text: still none
    moved(home)
    home.says_of_pair(IN, OUT, "rejected")
    assert home.links("out") == {}

    home.pays(50_000, march(3), "out", kind="transfer", description="To my landlord")
    assert home.verdict is Verdict.CORRECTED
    assert home.links("out") == home.links("in", "savings") == {}


def test_an_answer_may_come_before_what_it_is_about(home: Household) -> None:
    #  "out and in are no transfer"     March 3     4
    #                                    out        in: no pair
    home.says_of_pair(OUT, IN, "rejected")
    moved(home)

    assert home.links("out") == {}


def test_a_pair_that_the_user_confirms_needs_no_other_evidence(home: Household) -> None:
    #  March 3                    4                  5
    #  current -500.00 "ROSE"   savings +500.00   "that is a transfer"
    home.pays(50_000, march(3), "out", description="ROSE")
    home.gets(50_000, march(4), "in", account_id="savings", description="FLOWER")
    assert home.links("out") == {}

    home.says_of_pair(OUT, IN, "confirmed")
    assert home.links("out") == {"transfer_pair": "in"}
    assert home.view("in", "savings").category == "transfer.savings"


def test_a_pair_falls_apart_when_one_leg_changes(home: Household) -> None:
    #  March 3 ──> 4         5
    #  out, in: a pair    in was 499.00: none
    moved(home)
    home.gets(49_900, march(4), "in", account_id="savings", kind="transfer", revision=1)

    assert home.links("out") == home.links("in", "savings") == {}
    assert home.view("out").reason.level == "kind"


def test_nobody_guesses_which_of_two_accounts_it_went_to(home: Household) -> None:
    #  March 3                4                        5
    #  current -200.00    savings +200.00         the card's was a mistake
    #                     card +200.00                 and now it is clear
    home.pays(20_000, march(3), "out", kind="transfer")
    home.gets(20_000, march(4), "in", account_id="savings", kind="transfer")
    home.gets(20_000, march(4), "in", account_id="card", kind="transfer")
    assert home.links("out") == {}
    for account_id, name in ((CURRENT, "out"), ("savings", "in"), ("card", "in")):
        assert "unclear_transfer" in home.flags(name, account_id)

    home.gets(20_000, march(4), "in", account_id="card", kind="transfer", status="removed")
    assert home.links("out") == {"transfer_pair": "in"}
    assert home.view("out").category == "transfer.savings"
    assert home.flags("out") == home.flags("in", "savings") == {"transfer"}


# Money that comes back.


def buys(home: Household, amount_minor: int, on: date, name: str) -> None:
    home.pays(amount_minor, on, name, **SHOP)


def gets_back(home: Household, amount_minor: int, on: date, name: str) -> None:
    home.gets(amount_minor, on, name, **{**SHOP, "mcc": None, "kind": "refund"})


def test_a_refund_lowers_its_category_and_is_no_income(home: Household) -> None:
    #  March 3          10
    #  shoes -90.00   +90.00
    buys(home, 9_000, march(3), "shoes")
    gets_back(home, 9_000, march(10), "back")

    assert home.links("back") == {"refund_of": "shoes"}
    assert (home.view("back").category, home.view("back").reason.level) == (SHOES, "refund")
    assert home.spent(MARCH, SHOES) == Total(0, 9_000, 9_000, 2)
    assert home.natures(MARCH)._asdict() == {
        "income": 0, "spending": -9_000, "transfer": 0, "refund": 9_000, "fee": 0, "unknown": 0,
    }  # fmt: skip


def test_one_purchase_may_come_back_in_parts(home: Household) -> None:
    #  March 3           8          12         15
    #  three -100.00   +40.00    +35.00     +25.00: the rest
    buys(home, 10_000, march(3), "three")
    for amount_minor, day in ((4_000, 8), (3_500, 12), (2_500, 15)):
        gets_back(home, amount_minor, march(day), f"back-{day}")
        assert home.links(f"back-{day}") == {"refund_of": "three"}

    assert home.spent(MARCH, SHOES) == Total(0, 10_000, 10_000, 4)


def test_more_may_come_back_than_was_paid(home: Household) -> None:
    #  March 3          10
    #  shoes -90.00   +94.90, the postage too
    buys(home, 9_000, march(3), "shoes")
    gets_back(home, 9_490, march(10), "back")

    assert home.links("back") == {"refund_of": "shoes"}
    assert home.spent(MARCH, SHOES) == Total(0, 9_000, 9_490, 2)


def test_two_purchases_may_come_back_at_once(home: Household) -> None:
    #  March 3        5             10
    #  -90.00       -25.00       +115.00: named after the larger
    buys(home, 9_000, march(3), "shoes")
    buys(home, 2_500, march(5), "socks")
    gets_back(home, 11_500, march(10), "back")

    assert home.links("back") == {"refund_of": "shoes"}
    assert home.spent(MARCH, SHOES) == Total(0, 11_500, 11_500, 3)


def test_what_was_bought_in_another_month_lowers_the_month_it_comes_back_in(
    home: Household,
) -> None:
    #  February 20      March 10
    #  shoes -90.00     +90.00
    buys(home, 9_000, date(2025, 2, 20), "shoes")
    gets_back(home, 9_000, march(10), "back")

    assert home.links("back") == {"refund_of": "shoes"}
    assert home.spent(FEBRUARY, SHOES) == Total(0, 9_000, 0, 1)
    assert home.spent(MARCH, SHOES) == Total(0, 0, 9_000, 1)


def test_a_refund_of_nothing_known_is_no_income_either(home: Household) -> None:
    #  March 10: +90.00, and nobody knows of what
    gets_back(home, 9_000, march(10), "back")

    assert (home.links("back"), home.flags("back")) == ({}, {"refund"})
    assert (home.natures(MARCH).refund, home.natures(MARCH).income) == (9_000, 0)


def test_a_refund_follows_its_purchase_to_another_category(home: Household) -> None:
    #  March 3      10          11                       12
    #  -90.00     +90.00     "it was a gift"      the purchase is removed
    buys(home, 9_000, march(3), "shoes")
    gets_back(home, 9_000, march(10), "back")
    home.files("shoes", "giving.gifts")
    assert home.spent(MARCH, "giving.gifts") == Total(0, 9_000, 9_000, 2)

    home.pays(9_000, march(3), "shoes", status="removed", **SHOP)
    assert (home.links("back"), home.flags("back")) == ({}, {"refund"})


# Days, months and currencies.


@pytest.mark.parametrize(
    ("time_zone", "moved_minor"),
    [("Europe/Lisbon", 0), ("UTC", -1_000), ("America/New_York", -1_000)],
)
def test_a_balance_counts_up_to_the_day_that_it_was_where_the_user_lives(
    home: Household, time_zone: str, moved_minor: int
) -> None:
    #  the bank says 500.00 at 23:30 UTC on March 31: in Lisbon summer has begun, and it is April 1
    #  -10.00 is booked on April 1: in Lisbon the bank has counted it
    home.hears(
        SettingsChanged(
            change_id="zone", user_id=NAME, revision=0, preferences=Preferences(time_zone=time_zone)
        )
    )
    home.bank_says(balance_minor=50_000, as_of=datetime(2025, 3, 31, 23, 30, tzinfo=UTC))
    home.pays(1_000, date(2025, 4, 1), "april")

    assert home.balance_minor == 50_000 + moved_minor
    assert home.spent(APRIL) == Total(0, 1_000, 0, 1)  # The bank's date decides the month.


def test_currencies_are_never_added(home: Household) -> None:
    #  March 3: -10.00 EUR     3: -1000 JPY       4: savings +1000 JPY, and +10.00 USD
    moved = {"kind": "transfer", "description": "SAVINGS"}
    home.pays(1_000, march(3), "eur", **moved)
    home.pays(1_000, march(3), "jpy", currency="JPY")
    home.gets(1_000, march(4), "usd", account_id="savings", currency="USD", **moved)

    assert home.links("eur") == {}
    assert home.spent(MARCH, "transfer.savings") == Total(0, 1_000, 0, 1)
    assert home.spent(MARCH, currency="JPY") == Total(0, 1_000, 0, 1)
    assert home.spent(MARCH, "transfer.savings", "USD") == Total(1_000, 0, 0, 1)


def test_a_refund_in_another_currency_is_of_no_purchase_known(home: Household) -> None:
    #  March 3: -90.00 EUR      10: +90.00 USD
    buys(home, 9_000, march(3), "shoes")
    home.gets(9_000, march(10), "back", **{**SHOP, "kind": "refund"}, currency="USD")

    assert home.links("back") == {}
    assert home.spent(MARCH, SHOES) == Total(0, 9_000, 0, 1)


def test_a_correction_of_the_day_moves_money_from_month_to_month(home: Household) -> None:
    #  March 31       "no, April 1"
    home.pays(1_000, march(31), "late")
    home.pays(1_000, date(2025, 4, 1), "late", revision=1)

    assert home.spent(MARCH) == Total()
    assert home.spent(APRIL) == Total(0, 1_000, 0, 1)
