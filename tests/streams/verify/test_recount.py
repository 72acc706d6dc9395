"""The recount by itself: stories with figures that a person can check, from docs/money.md."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schemas.accounts import AccountUpdated
from schemas.event import Event
from schemas.feedback import AboutTransfer, FeedbackGiven
from schemas.ids import bucket_of
from schemas.journal import DayPassed, Policy, PolicyActivated, UserErased
from schemas.transactions import TransactionImported
from streams.verify.recount import Recount, recount
from streams.verify.recount_figures import Balance, Day, Figures, Month
from streams.verify.recount_rows import Filed
from streams.verify.recount_user import Filings

USER = "household-1"
FIRST = date(2025, 3, 3)


def seen(name: str, amount_minor: int, day: int = 0, **more: Any) -> TransactionImported:
    return TransactionImported(
        **{
            "transaction_id": name,
            "user_id": USER,
            "account_id": "checking",
            "amount_minor": amount_minor,
            "currency": "EUR",
            "booked_on": FIRST + timedelta(days=day),
            "description": f"CARD {name}",
            "status": "posted",
            **more,
        }
    )


def passed(day: int) -> DayPassed:
    return DayPassed(bucket=bucket_of(USER), day=FIRST + timedelta(days=day))


def account(name: str, kind: str, revision: int = 0, **more: Any) -> AccountUpdated:
    own = {"account_id": name, "user_id": USER, "type": kind, "currency": "EUR"}
    return AccountUpdated.model_validate({**own, "revision": revision, **more})


def figures(*events: Event, filed: dict[str, str] | None = None) -> Figures:
    """Count a story of one user, in which what is not named is filed as groceries."""

    def filings(_user: str) -> Filings:
        by_name = filed or {}
        return {
            (own.account_id, own.transaction_id): Filed(
                by_name.get(own.transaction_id, "food.groceries"), "mcc"
            )
            for own in events
            if isinstance(own, TransactionImported)
        }

    return recount(events, filings)[USER]


def standing(counted: Figures, name: str, what: str, where: str = "checking") -> object:
    return getattr(counted["transaction"][f"{where} {name}"], what)


# What an import is.


@pytest.mark.parametrize(
    ("first", "then", "outcome"),
    [
        ({}, {}, "repeat"),
        ({}, {"amount_minor": -999}, "corrected"),
        ({"revision": 2}, {"revision": 1, "amount_minor": -999}, "stale"),
        ({"revision": 2}, {"amount_minor": -999}, "corrected"),  # It takes the revision before.
        ({}, {"status": "pending"}, "stale"),
        ({}, {"status": "pending", "revision": 1}, "corrected"),
        ({}, {"status": "removed"}, "removed"),
        ({"status": "removed"}, {"status": "removed"}, "repeat"),
        ({"status": "removed"}, {}, "stale"),
        ({"status": "removed"}, {"revision": 1}, "corrected"),
    ],
)
def test_what_comes_again(first: dict[str, Any], then: dict[str, Any], outcome: str) -> None:
    counted = Recount(lambda _: {})
    assert counted.take(seen("a", -100, **first)) == "new"
    again = seen("a", -100).model_copy(update=then)
    assert counted.take(again) == outcome


def test_what_has_left_the_window_is_known_and_cannot_be_corrected() -> None:
    counted = Recount(lambda _: {})
    counted.take(seen("a", -100))
    counted.take(passed(92))  # FIRST is a Monday in the middle of a week that is counted from 1.
    assert counted.take(seen("a", -100)) == "repeat"
    counted.take(passed(99))
    assert counted.take(seen("a", -100)) == "repeat"
    assert counted.take(seen("a", -100, status="removed")) == "too_late"
    assert counted.take(seen("a", -100, revision=1)) == "too_late"
    assert counted.take(seen("b", -100)) == "new"
    assert counted.figures([USER])[USER]["balance"] == {
        "checking EUR": Balance(None, 0, None, 0, 0, -200)
    }


def test_a_paused_provider_and_an_erased_user_leave_nothing() -> None:
    pause = PolicyActivated(version="1", policy=Policy(paused_providers=("bank",)))
    counted = recount(
        [pause, seen("a", -100, provider="bank"), seen("b", -5, user_id="household-2"),
         UserErased(user_id="household-2", request_id="r")]
    )  # fmt: skip
    assert all(not any(own.values()) for own in counted.values())


# What counts, and what replaces what.


def test_a_payment_that_was_pending_counts_once() -> None:
    counted = figures(
        seen("held", -1_000, status="pending", merchant_name="Grocer"),
        seen("paid", -1_000, 2, merchant_name="Grocer"),
    )
    assert standing(counted, "held", "gone") == "replaced"
    assert standing(counted, "held", "replaced_by") == "checking paid"
    assert counted["month"] == {"202503 EUR food.groceries": Month(0, 1_000, 0, 1)}


def test_two_identical_coffees_stay_two() -> None:
    coffee: dict[str, Any] = {"merchant_name": "Coffee bar", "description": "x"}
    counted = figures(
        seen("h1", -300, status="pending", **coffee),
        seen("h2", -300, status="pending", **coffee),
        seen("p1", -300, 1, **coffee),
        seen("p2", -300, 1, **coffee),
    )
    assert [standing(counted, name, "replaces") for name in ("p1", "p2")] == [
        "checking h1",
        "checking h2",
    ]
    assert counted["day"] == {"2025-03-04 EUR": Day(0, 600, 2)}


def test_what_never_posts_expires_after_two_weeks() -> None:
    held = seen("held", -1_000, status="pending")
    assert standing(figures(held, passed(14)), "held", "gone") == ""
    counted = figures(held, passed(15))
    assert standing(counted, "held", "gone") == "expired"
    assert counted["month"] == counted["balance"] == {}


def test_after_a_disconnection_ids_are_others_once_two_have_come_again() -> None:
    gone = account("checking", "checking", 1, status="disconnected")
    before = [seen("a", -100, merchant_name="One"), seen("b", -200, 1, merchant_name="Two")]
    again = [
        own.model_copy(update={"transaction_id": f"new-{own.transaction_id}"}) for own in before
    ]
    one = figures(passed(1), *before, gone, again[0])
    assert one["balance"] == {"checking EUR": Balance(None, 0, None, 0, 0, -400)}
    both = figures(passed(1), *before, gone, *again)
    assert both["balance"] == {"checking EUR": Balance(None, 0, None, 0, 0, -300)}


# What is a transfer.

BOTH = (account("checking", "checking"), account("saved", "savings"))


def moved(into_day: int = 0, **more: Any) -> list[Event]:
    return [
        *BOTH,
        seen("out", -5_000, kind="transfer"),
        seen("in", 5_000, into_day, account_id="saved", **more),
    ]


def test_two_legs_are_one_transfer_and_no_income() -> None:
    counted = figures(*moved(4))
    assert standing(counted, "out", "pair") == "saved in"
    assert counted["kind"] == {}, "in and out make nothing"
    assert counted["month"] == {"202503 EUR transfer.savings": Month(5_000, 5_000, 0, 2)}
    assert standing(figures(*moved(5)), "out", "pair") == ""
    assert standing(figures(*moved(kind="salary")), "out", "pair") == ""


def test_the_user_has_the_last_word_on_a_pair() -> None:
    about = {"account_id": "checking", "transaction_id": "out"}
    other = {"other_account_id": "saved", "other_transaction_id": "in"}

    def said(verdict: str, revision: int) -> FeedbackGiven:
        own = AboutTransfer.model_validate(
            {"kind": "transfer", "verdict": verdict, **about, **other}
        )
        return FeedbackGiven(feedback_id="f", user_id=USER, revision=revision, about=own)

    assert standing(figures(*moved(), said("rejected", 1)), "in", "pair", "saved") == ""
    confirmed = figures(*moved(kind="salary"), said("confirmed", 2), said("rejected", 1))
    assert standing(confirmed, "in", "pair", "saved") == "checking out"


def test_of_two_that_may_be_the_other_leg_neither_is() -> None:
    cash = account("cash", "cash")
    counted = figures(*moved(), cash, seen("in", 5_000, account_id="cash"))
    assert standing(counted, "out", "pair") == ""
    assert standing(counted, "out", "is_unclear_pair") is True


# What is a refund.


def test_a_refund_lowers_its_category_and_is_no_income() -> None:
    counted = figures(
        seen("bought", -9_000, merchant_name="Book shop"),
        seen("back", 9_000, 40, merchant_name="Book shop", kind="refund"),
        filed={"bought": "shopping.books", "back": "unknown.unknown"},
    )
    assert standing(counted, "back", "refund_of") == "checking bought"
    assert counted["month"] == {
        "202503 EUR shopping.books": Month(0, 9_000, 0, 1),
        "202504 EUR shopping.books": Month(0, 0, 9_000, 1),
    }
    assert counted["day"]["2025-04-12 EUR"] == Day(0, -9_000, 1)


def test_a_tie_to_what_has_left_the_window_stays() -> None:
    story: list[Event] = [
        seen("bought", -9_000, merchant_name="Book shop"),
        seen("back", 9_000, 40, merchant_name="Book shop", kind="refund"),
    ]
    filed = {"bought": "shopping.books", "back": "unknown.unknown"}
    counted = figures(*story, passed(110), filed=filed)
    assert counted["transaction"].keys() == {"checking back"}
    assert standing(counted, "back", "refund_of") == "checking bought"
    corrected = seen("back", 8_999, 40, merchant_name="Book shop", kind="refund")
    assert standing(figures(*story, passed(110), corrected), "back", "refund_of") == ""


# The figures.


def test_older_months_are_one_and_income_has_its_source() -> None:
    salary: dict[str, Any] = {"merchant_name": "Mill", "kind": "salary"}
    filed = dict.fromkeys(("old", "new"), "income.salary")
    counted = figures(
        seen("old", 1_000, -396, **salary), seen("new", 2_000, **salary), passed(30), filed=filed
    )
    assert counted["month"] == {
        "0 EUR income.salary": Month(1_000, 0, 0, 1),
        "202503 EUR income.salary": Month(2_000, 0, 0, 1),
    }
    assert counted["source"] == {"0 EUR mill": 1_000, "202503 EUR mill": 2_000}


def test_what_is_the_same_each_month_is_fixed() -> None:
    counted = figures(
        seen("rent", -90_000), seen("food", -5_000), seen("gym", -2_000, kind="standing_order"),
        filed={"rent": "housing.rent", "gym": "shopping.other"},
    )  # fmt: skip
    assert counted["fixed"] == {"202503 EUR": 92_000}


def test_a_report_is_held_against_the_one_before() -> None:
    def report(revision: int, balance_minor: int, day: int) -> AccountUpdated:
        as_of = datetime(2025, 3, 3, 20, tzinfo=UTC) + timedelta(days=day)
        return account("checking", "checking", revision, balance_minor=balance_minor, as_of=as_of)

    counted = figures(
        report(1, 10_000, 0),
        seen("a", -1_000, 1),
        seen("b", -500, 3),
        seen("held", -70, 3, status="pending"),
        report(2, 8_900, 2),
    )
    as_of = (FIRST + timedelta(days=2)).toordinal()
    assert counted["balance"] == {"checking EUR": Balance(8_900, as_of, 9_000, -500, -70, -1_500)}
