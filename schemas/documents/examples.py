"""One example of each event, as it would stand on its topic."""

import json
from datetime import UTC, date, datetime
from typing import Any

from schemas.accounts import AccountUpdated
from schemas.alerts import (
    AlertRaised,
    AlertResolved,
    AlertRetracted,
    AlertUpdated,
    Contribution,
    Evidence,
)
from schemas.arguments import MoneyArgument, TextArgument, TransactionRef
from schemas.event import Event
from schemas.feedback import AboutCategory, FeedbackGiven
from schemas.forecasts import AboutOneCategory, Driver, ForecastMade, Interval
from schemas.insights import InsightExpired, InsightPublished, InsightUpdated
from schemas.journal import (
    ChallengerSet,
    DayPassed,
    JudgedAnswer,
    Lesson,
    LessonsTaught,
    ModelActivated,
    Policy,
    PolicyActivated,
    UserErased,
)
from schemas.preferences import Budget, Preferences, SettingsChanged
from schemas.transactions import (
    Alternative,
    Flag,
    Link,
    Merchant,
    Reason,
    TransactionEnriched,
    TransactionImported,
)

_USER, _ACCOUNT, _TRANSACTION = "user-17", "acc-17-1", "tx-000481"
_DAY = date(2026, 1, 31)
_ALERT: dict[str, Any] = {
    "alert_id": "2b8c3d52-4f14-5d1c-9a51-0f9b8c2f6a10",
    "dedup_key": "unusual_payment:acc-17-1:tx-000481",
    "user_id": _USER,
    "rule_id": "unusual_payment",
    "rule_version": 1,
    "category": "security",
    "severity": "warning",
    "title_key": "unusual_payment.title",
    "body_key": "unusual_payment.body",
    "args": {
        "amount": MoneyArgument(amount_minor=-84_900, currency="EUR"),
        "merchant": TextArgument(text="Corner Electronics"),
    },
    "title": "Unusual payment",
    "body": "849.00 EUR to Corner Electronics is far more than you usually pay for shopping.",
    "link": "/transactions/acc-17-1/tx-000481",
    "evidence": Evidence(
        score_milli=8_200,
        threshold_milli=7_000,
        contributions=(
            Contribution(
                name="amount", score_milli=8_200, sentence="About 20 times your usual purchase."
            ),
        ),
        compared_with="Your 34 payments for shopping in the last six months.",
        transactions=(TransactionRef(account_id=_ACCOUNT, transaction_id=_TRANSACTION),),
        quiet_below={"amount": MoneyArgument(amount_minor=-52_300, currency="EUR")},
    ),
    "expires_at": datetime(2026, 2, 7, tzinfo=UTC),
    "quiet_hours_ok": False,
    "timezone": "Europe/Berlin",
    "channel_hints": ("push", "in_app"),
}
_INSIGHT: dict[str, Any] = {
    "insight_id": "8d0f6c1e-2f0a-5c77-8a3b-6de1c0a4b9d2",
    "user_id": _USER,
    "kind": "month_summary",
    "title": "Your January",
    "text": "You spent about 1,240 EUR in January, most of it on groceries.",
    "facts": {"spent": MoneyArgument(amount_minor=-124_000, currency="EUR")},
    "evidence": (TransactionRef(account_id=_ACCOUNT, transaction_id=_TRANSACTION),),
    "expires_on": date(2026, 2, 28),
}

_EXAMPLES: tuple[Event, ...] = (
    TransactionImported(
        transaction_id=_TRANSACTION,
        user_id=_USER,
        account_id=_ACCOUNT,
        amount_minor=-84_900,
        currency="EUR",
        booked_on=_DAY,
        description="CORNER ELECTRONICS 0042 BERLIN",
        status="posted",
        occurred_at=datetime(2026, 1, 30, 17, 5, tzinfo=UTC),
        revision=1,
        kind="card",
        merchant_name="Corner Electronics",
        mcc="5732",
        country="DE",
    ),
    AccountUpdated(
        account_id=_ACCOUNT,
        user_id=_USER,
        type="checking",
        currency="EUR",
        balance_minor=213_045,
        as_of=datetime(2026, 1, 31, 6, 0, tzinfo=UTC),
        complete_until=date(2026, 1, 30),
        revision=31,
    ),
    FeedbackGiven(
        feedback_id="fb-0007",
        user_id=_USER,
        revision=1,
        given_at=datetime(2026, 2, 1, 8, 30, tzinfo=UTC),
        about=AboutCategory(
            kind="category",
            verdict="set",
            account_id=_ACCOUNT,
            transaction_id=_TRANSACTION,
            category="shopping.electronics",
        ),
    ),
    SettingsChanged(
        change_id="set-0003",
        user_id=_USER,
        revision=3,
        preferences=Preferences(
            time_zone="Europe/Berlin",
            budgets=(Budget(budget_id="food", subject="food", limit_minor=45_000, currency="EUR"),),
        ),
    ),
    DayPassed(bucket=17, day=_DAY),
    LessonsTaught(
        lessons=(Lesson(merchant_key="corner bakery", category="food.groceries", weight=65_000),),
        judged=(JudgedAnswer(percent=64, is_right=False, weight=65_000),),
    ),
    ModelActivated(model="categories", version="2026-01-15", sha256="9f" * 32),
    ChallengerSet(
        model="categories", version="2026-02-15", sha256="5c" * 32, share_percent=10, days=14
    ),
    PolicyActivated(version="2026-01", policy=Policy()),
    UserErased(user_id=_USER, request_id="erase-0001"),
    TransactionEnriched(
        transaction_id=_TRANSACTION,
        user_id=_USER,
        account_id=_ACCOUNT,
        revision=1,
        status="posted",
        amount_minor=-84_900,
        currency="EUR",
        booked_on=_DAY,
        category="shopping.electronics",
        taxonomy="penstock/1",
        confidence=0.94,
        reason=Reason(
            level="mcc",
            sentence="The merchant category code 5732 is for electronics shops.",
            evidence={"mcc": "5732"},
        ),
        alternatives=(Alternative(category="shopping.general", confidence=0.04),),
        merchant=Merchant(name="Corner Electronics", key="corner electronics"),
        links=(Link(kind="replaces", account_id=_ACCOUNT, transaction_id="tx-000479"),),
        flags=(Flag(kind="international", reason="It happened in DE, and home is FR."),),
    ),
    AlertRaised(**_ALERT, revision=1),
    AlertUpdated(**_ALERT, revision=2),
    AlertResolved(**_ALERT, revision=3),
    AlertRetracted(**_ALERT, revision=3),
    InsightPublished(**_INSIGHT, revision=1),
    InsightUpdated(**_INSIGHT, revision=2),
    InsightExpired(**_INSIGHT, revision=3),
    ForecastMade(
        forecast_id="c4b1de0e-77a3-5e0f-9a40-0b4b1f1f0f52",
        revision=1,
        user_id=_USER,
        subject=AboutOneCategory(category="food.groceries"),
        currency="EUR",
        made_on=_DAY,
        period_start=date(2026, 2, 1),
        period_end=date(2026, 2, 28),
        point_minor=-41_200,
        interval_80=Interval(low_minor=-46_900, high_minor=-36_100),
        interval_95=Interval(low_minor=-52_300, high_minor=-31_800),
        method="median_of_three",
        drivers=(Driver(name="usual month", amount_minor=-41_200),),
        overspend_probability=0.22,
    ),
)
_BY_TYPE = {type(event): event for event in _EXAMPLES}


def example_of(event: type[Event]) -> dict[str, object]:
    """Give the example as the JSON object that travels."""
    members: dict[str, object] = json.loads(_BY_TYPE[event].to_json())
    return members
