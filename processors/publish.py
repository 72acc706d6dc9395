"""Turn changes and notes into the events that say so."""

from datetime import date
from functools import lru_cache
from math import ceil

from processors.state.book import Change
from processors.state.days import first_day, last_day
from processors.state.notes import Note, SpendingExpected
from processors.state.transaction import Transaction
from schemas.event import UserEvent
from schemas.forecasts import AboutTotal, Driver, ForecastMade, Interval
from schemas.ids import deterministic_id
from schemas.taxonomy import TAXONOMY_ID, TAXONOMY_VERSION
from schemas.transactions import Flag, Link, Merchant, Reason, TransactionEnriched

_TAXONOMY = f"{TAXONOMY_ID}/{TAXONOMY_VERSION}"
_SENTENCES = {
    "user": "You filed it so.",
    "merchant": "You filed {because} so before.",
    "mcc": "The merchant's category code is {because}.",
    "keyword": "The bank's text holds the word {because}.",
    "kind": "The bank calls it {because}.",
    "none": "Nothing in it is known yet.",
}
_FLAGGED_CATEGORIES = {
    "income.salary": ("salary", "It is filed as a salary."),
    "cash.withdrawal": ("cash", "It is filed as cash."),
    "finance.fee": ("fee", "It is filed as a fee."),
    "finance.interest": ("interest", "It is filed as interest."),
    "finance.overdraft": ("overdraft", "It is filed as an overdraft charge."),
}


def enriched(user_id: str, changes: tuple[Change, ...]) -> list[UserEvent]:
    """Publish each changed transaction as it stands now."""
    return [_enriched(user_id, change.after) for change in changes]


def made(user_id: str, notes: tuple[Note, ...]) -> list[UserEvent]:
    """Publish the forecasts among the notes."""
    return [_forecast(user_id, note) for note in notes if isinstance(note, SpendingExpected)]


def _enriched(user_id: str, own: Transaction) -> TransactionEnriched:
    return TransactionEnriched(
        transaction_id=own.transaction_id,
        user_id=user_id,
        account_id=own.account_id,
        revision=own.told,
        status=own.status,  # type: ignore[arg-type] # The book keeps what the event had.
        amount_minor=own.amount_minor,
        currency=own.currency,
        booked_on=date.fromordinal(own.booked_on),
        category=own.category,
        taxonomy=_TAXONOMY,
        confidence=own.confidence_percent / 100,
        reason=_reason(own.level, own.because),
        merchant=_merchant(own.merchant, own.merchant_key) if own.merchant else None,
        links=_links(own),
        flags=_flags(own),
    )


# Many transactions share these, and facts are frozen.
@lru_cache(maxsize=4096)
def _reason(level: str, because: str) -> Reason:
    sentence = _SENTENCES[level].format(because=because)
    evidence = {level: because} if because else {}
    return Reason(level=level, sentence=sentence, evidence=evidence)  # type: ignore[arg-type] # The level is one of the table's.


@lru_cache(maxsize=4096)
def _merchant(name: str, key: str) -> Merchant:
    return Merchant(name=name, key=key)


def _links(own: Transaction) -> tuple[Link, ...]:
    if not own.twin_transaction_id:
        return ()
    return (
        Link(
            kind="pending_twin",
            account_id=own.account_id,
            transaction_id=own.twin_transaction_id,
        ),
    )


def _flags(own: Transaction) -> tuple[Flag, ...]:
    flags = []
    if own.category in _FLAGGED_CATEGORIES:
        kind, reason = _FLAGGED_CATEGORIES[own.category]
        flags.append(Flag(kind=kind, reason=reason))  # type: ignore[arg-type] # A kind of the table's.
    if own.kind == "refund":
        flags.append(Flag(kind="refund", reason="The bank calls it a refund."))
    if own.backfill:
        flags.append(Flag(kind="backfill", reason="It was sent as history."))
    return tuple(flags)


def _forecast(user_id: str, expected: SpendingExpected) -> ForecastMade:
    return ForecastMade(
        forecast_id=deterministic_id(
            "forecast", [user_id, "total", expected.currency, expected.month]
        ),
        revision=1,
        user_id=user_id,
        subject=AboutTotal(),
        currency=expected.currency,
        made_on=date.fromordinal(expected.made_on),
        period_start=first_day(expected.month),
        period_end=last_day(expected.month),
        point_minor=expected.point_minor,
        interval_80=_interval(expected, 80),
        interval_95=_interval(expected, 95),
        history_needed=max(0, _errors_needed(80) - len(expected.errors_minor)),
        method="last_month",
        drivers=(Driver(name="spent last month", amount_minor=expected.point_minor),),
    )


def _interval(expected: SpendingExpected, percent: int) -> Interval | None:
    """Give the range that held *percent* of past errors, if there are enough to tell."""
    errors = sorted(abs(error) for error in expected.errors_minor)
    rank = ceil((len(errors) + 1) * percent / 100)
    if rank > len(errors):
        return None
    reach, point = errors[rank - 1], expected.point_minor
    # Where something was spent, less than nothing will not be.
    low = max(0, point - reach) if point >= 0 else point - reach
    return Interval(low_minor=low, high_minor=point + reach)


def _errors_needed(percent: int) -> int:
    """Count the errors from which an interval can be given.

    >>> _errors_needed(80), _errors_needed(95)
    (4, 19)
    """
    return ceil(percent / (100 - percent))
