"""Turn changes and notes into the events that say so."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from models.descriptor import read_descriptor
from processors.state.book import Change
from processors.state.days import first_day, last_day
from processors.state.filing import MODEL
from processors.state.natures import Nature, nature_of
from processors.state.notes import Assessed, Note, SpendingExpected
from processors.state.transaction import (
    ASK,
    FILED,
    SUGGESTED,
    UNCLEAR_PAIR,
    UNCLEAR_TWIN,
    Tie,
    Transaction,
)
from processors.state.user import User
from schemas.event import UserEvent
from schemas.forecasts import AboutTotal, Driver, ForecastMade, Interval
from schemas.ids import deterministic_id
from schemas.taxonomy import TAXONOMY_ID, TAXONOMY_VERSION
from schemas.transactions import (
    Alternative,
    Flag,
    FlagKind,
    Link,
    LinkKind,
    Merchant,
    Outcome,
    Reason,
    TransactionEnriched,
    Unusual,
)

_TAXONOMY = f"{TAXONOMY_ID}/{TAXONOMY_VERSION}"
_SENTENCES = {
    "user": "You filed it so.",
    "rule": "Your rule {because} files it so.",
    "merchant": "You filed {own} of {all} here so.",
    "habit": "By your labels, about {own} of {all} here are so.",
    "meant": "What others call {because}, you mostly call so.",
    "usual": "You have this more often than others.",
    "people": "Users here called about {own} of {all} so.",
    "artifact": "Texts and amounts like these are mostly so (model {because}).",
    "alias": "It is written as {because} is.",
    "brand": "{because} is a brand of this kind.",
    "mcc": "The merchant's category code is {because}.",
    "keyword": "The bank's text holds {because}.",
    "provider": "The provider calls it {because}.",
    "kind": "The bank calls it {because}.",
    "none": "Nothing in it is known yet.",
}
_OUTCOMES: dict[int, Outcome] = {FILED: "file", SUGGESTED: "suggest", ASK: "ask"}
_FLAGGED_CATEGORIES: dict[str, tuple[FlagKind, str]] = {
    "income.salary": ("salary", "It is filed as a salary."),
    "cash.withdrawal": ("cash", "It is filed as cash."),
    "finance.fee": ("fee", "It is filed as a fee."),
    "finance.interest": ("interest", "It is filed as interest."),
    "finance.overdraft": ("overdraft", "It is filed as an overdraft charge."),
    "entertainment.streaming": ("subscription", "It is filed as what is paid for by the month."),
}
_FLAGGED_KINDS: dict[str, tuple[FlagKind, str]] = {
    "fee": ("fee", "The bank calls it a fee."),
    "interest": ("interest", "The bank calls it interest."),
    "cash": ("cash", "The bank calls it cash."),
    "salary": ("salary", "The bank calls it a salary."),
}
_BETWEEN_ACCOUNTS = Reason(
    level="transfer", sentence="It moved between two accounts of yours.", evidence={}
)
_AS_ITS_PURCHASE = Reason(
    level="refund", sentence="It gives back a purchase, and is filed as that was.", evidence={}
)
# How often such ties are right, as measured on generated households.
_PAIR_CONFIDENCE, _REFUND_CONFIDENCE = 0.99, 0.98


def enriched(
    user: User, changes: tuple[Change, ...], assessed: Iterable[Assessed]
) -> list[UserEvent]:
    """Publish each changed transaction as it stands now; new ones with how unusual they are."""
    if not changes:
        return []
    profile = user.preferences.cold.read().profile
    home = profile.country if profile is not None else None
    unusual = {one.identity: _unusual(one) for one in assessed}
    return [_enriched(user.user_id, change.after, home, unusual) for change in changes]


def made(user_id: str, notes: tuple[Note, ...]) -> list[UserEvent]:
    """Publish the forecasts among the notes."""
    return [_forecast(user_id, note) for note in notes if isinstance(note, SpendingExpected)]


def _enriched(
    user_id: str, own: Transaction, home: str | None, unusual: Mapping[int, Unusual]
) -> TransactionEnriched:
    reason, confidence = _why(own)
    is_as_filed = own.category == own.filing.category
    return TransactionEnriched(
        transaction_id=own.transaction_id,
        user_id=user_id,
        account_id=own.account_id,
        revision=own.told,
        status="removed" if own.gone else own.status,  # type: ignore[arg-type] # As the event had it.
        gone=own.gone or None,  # type: ignore[arg-type] # One of the three.
        amount_minor=own.amount_minor,
        currency=own.currency,
        booked_on=date.fromordinal(own.booked_on),
        category=own.category,
        taxonomy=_TAXONOMY,
        confidence=confidence,
        outcome=_OUTCOMES[own.filing.outcome] if is_as_filed else "file",
        reason=reason,
        alternatives=_alternatives(own.filing.alternatives) if is_as_filed else (),
        merchant=_merchant(own.merchant, own.merchant_key) if own.merchant else None,
        links=_links(own),
        flags=_flags(own, home),
        models={MODEL: own.filing.version} if own.filing.version else {},
        unusual=unusual.get(own.identity),
    )


def _unusual(assessed: Assessed) -> Unusual:
    return Unusual(
        outcome="insufficient_history" if assessed.missing else "scored",
        surprise_milli=assessed.surprise_milli,
        episode_milli=assessed.episode_milli,
        threshold_milli=assessed.threshold_milli,
        history=assessed.history,
        missing=assessed.missing,
    )


def _why(own: Transaction) -> tuple[Reason, float]:
    """Give the reason for the category, and how sure it is."""
    filing = own.filing
    if own.category != filing.category and own.refund_of is not None:
        return _AS_ITS_PURCHASE, _REFUND_CONFIDENCE
    if own.category != filing.category:
        return _BETWEEN_ACCOUNTS, _PAIR_CONFIDENCE
    return _reason(filing.level, filing.because), filing.confidence_percent / 100


# Many transactions share these, and facts are frozen.
@lru_cache(maxsize=4096)
def _reason(level: str, because: str) -> Reason:
    own, _, whole = because.partition("/")
    sentence = _SENTENCES[level].format(because=because, own=own, all=whole)
    evidence = {level: because} if because else {}
    return Reason(level=level, sentence=sentence, evidence=evidence)  # type: ignore[arg-type] # The level is one of the table's.


@lru_cache(maxsize=4096)
def _alternatives(written: str) -> tuple[Alternative, ...]:
    offered = (one.rpartition("=") for one in written.split())
    return tuple(
        Alternative(category=category, confidence=int(percent) / 100)
        for category, _, percent in offered
    )


@lru_cache(maxsize=4096)
def _merchant(text: str, key: str) -> Merchant:
    return Merchant(name=read_descriptor(text).name or text, key=key)


def _links(own: Transaction) -> tuple[Link, ...]:
    if not (own.replaces or own.replaced_by or own.pair or own.refund_of):
        return ()
    ties: dict[LinkKind, Tie | None] = {
        "replaces": own.replaces,
        "replaced_by": own.replaced_by,
        "transfer_pair": own.pair,
        "refund_of": own.refund_of,
    }
    return tuple(
        Link(kind=kind, account_id=tie.account_id, transaction_id=tie.transaction_id)
        for kind, tie in ties.items()
        if tie is not None
    )


class _Signs(NamedTuple):
    """All that flags are made of."""

    nature: Nature
    category: str
    is_as_filed: bool
    kind: str
    is_paired: bool
    is_tied: bool
    happened_in: str
    home: str
    unclear: int
    backfill: bool


def _flags(own: Transaction, home: str | None) -> tuple[Flag, ...]:
    return _flagged(
        _Signs(
            nature_of(own),
            own.category,
            own.category == own.filing.category,
            own.kind,
            own.pair is not None,
            own.refund_of is not None,
            own.country,
            home or own.country,
            own.unclear,
            own.backfill,
        )
    )


# Few combinations occur, and facts are frozen.
@lru_cache(maxsize=8192)
def _flagged(own: _Signs) -> tuple[Flag, ...]:
    flags: dict[FlagKind, str] = {}
    if own.nature == "income":
        flags["income"] = "It is filed as income."
    elif own.nature == "transfer":
        flags["transfer"] = _why_transfer(own)
    elif own.nature == "refund":
        flags["refund"] = _why_refund(own)
    for known in (_FLAGGED_CATEGORIES.get(own.category), _FLAGGED_KINDS.get(own.kind)):
        if known is not None:
            flags.setdefault(*known)
    if own.happened_in and own.happened_in != own.home:
        flags["international"] = f"It happened in {own.happened_in}, and home is {own.home}."
    if own.unclear & UNCLEAR_TWIN:
        flags["unclear_twin"] = "Several may be its twin, and nothing tells which."
    if own.unclear & UNCLEAR_PAIR:
        flags["unclear_transfer"] = "Several may be its other leg, and nothing tells which."
    if own.backfill:
        flags["backfill"] = "It was sent as history."
    return tuple(Flag(kind=kind, reason=reason) for kind, reason in flags.items())


def _why_transfer(own: _Signs) -> str:
    if own.is_paired:
        return "Its other leg is on another account of yours."
    return "It is filed as a transfer." if own.is_as_filed else "It names another account of yours."


def _why_refund(own: _Signs) -> str:
    if own.is_tied:
        return "It gives back a purchase."
    if own.kind == "refund":
        return "The bank calls it a refund."
    if own.kind == "card":
        return "A card got money, as when a shop gives it back."
    return "It came in where money is spent."


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
