"""Events as a producer might send them: all that are valid, and many that are not.

Each strategy of events gives models; `as_sent` turns one into the bytes that travel.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from hypothesis import strategies as st

from schemas.accounts import AccountUpdated
from schemas.event import UserEvent
from schemas.feedback import FeedbackGiven
from schemas.fields import FIRST_DATE, LAST_DATE
from schemas.money import AMOUNT_MINOR_MAX, EXPONENTS
from schemas.preferences import SettingsChanged
from schemas.transactions import TransactionImported

EventT = TypeVar("EventT", bound=UserEvent)
Members = dict[str, Any]

ids = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
amounts = st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX)
positive_amounts = st.integers(1, AMOUNT_MINOR_MAX)
currencies = st.sampled_from(sorted(EXPONENTS))
days = st.dates(FIRST_DATE, LAST_DATE).map(date.isoformat)
revisions = st.integers(0, 2**53)
shares = st.floats(0, 1) | st.sampled_from([0, 1])
categories = st.from_regex(r"[a-z0-9_.:-]{1,20}", fullmatch=True)
instants = st.builds(
    "{}T{:02}:{:02}:{:02}{}{}".format,
    st.dates(date(1970, 1, 2), date(2100, 12, 30)).map(date.isoformat),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 59),
    st.sampled_from(["", ".5", ".123456", ".123456789"]),
    st.sampled_from(["Z", "+00:00", "+01:00", "-03:30", "+14:00"]),
)
minutes = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
zones = st.sampled_from(["Europe/Berlin", "UTC", "America/St_Johns", "Pacific/Kiritimati"])


def _members(
    required: Mapping[str, st.SearchStrategy[Any]],
    optional: Mapping[str, st.SearchStrategy[Any]] | None = None,
) -> st.SearchStrategy[Members]:
    """Give each optional field a value, null, or no place at all."""
    maybe = {name: st.none() | values for name, values in (optional or {}).items()}
    return st.fixed_dictionaries(dict(required), optional=maybe)


_TRANSACTION = _members(
    {
        "transaction_id": ids,
        "user_id": ids,
        "account_id": ids,
        "amount_minor": amounts,
        "currency": currencies,
        "booked_on": days,
        "description": texts,
        "status": st.sampled_from(["pending", "posted", "removed"]),
    },
    {
        "occurred_at": instants,
        "pending_transaction_id": ids,
        "revision": revisions,
        "kind": st.sampled_from(["card", "transfer", "salary", "refund", "other"]),
        "merchant_name": names,
        "counterparty_account": ids,
        "mcc": st.from_regex(r"[0-9]{4}", fullmatch=True),
        "category_hint": names,
        "balance_after_minor": amounts,
        "country": st.from_regex(r"[A-Z]{2}", fullmatch=True),
        "city": names,
        "provider": ids,
    },
).flatmap(lambda members: st.sampled_from([members, members | {"backfill": True}]))


def _with_its_instant(account: Members) -> Members:
    if account.get("balance_minor") is not None and account.get("as_of") is None:
        return account | {"as_of": "2026-01-31T06:00:00Z"}
    return account


_ACCOUNT = _members(
    {
        "account_id": ids,
        "user_id": ids,
        "type": st.sampled_from(["checking", "savings", "credit", "loan", "investment", "cash"]),
        "currency": currencies,
        "revision": revisions,
    },
    {
        "balance_minor": amounts,
        "as_of": instants,
        "credit_limit_minor": st.integers(0, AMOUNT_MINOR_MAX),
        "interest_rate": st.from_regex(r"-?[0-9]{1,3}(\.[0-9]{1,6})?", fullmatch=True),
        "minimum_payment_minor": st.integers(0, AMOUNT_MINOR_MAX),
        "complete_until": days,
        "provider": ids,
    },
).map(_with_its_instant)


def _about(
    kind: str, verdicts: list[str], **others: st.SearchStrategy[Any]
) -> st.SearchStrategy[Members]:
    return _members({"kind": st.just(kind), "verdict": st.sampled_from(verdicts), **others})


_FEEDBACK = _members(
    {
        "feedback_id": ids,
        "user_id": ids,
        "revision": revisions,
        "about": st.one_of(
            _about(
                "category",
                ["set", "accepted", "rejected"],
                account_id=ids,
                transaction_id=ids,
                category=categories,
            ),
            _about(
                "alert",
                ["normal", "dismissed", "useful", "delivered", "suppressed"],
                alert_id=ids,
            ),
            _about("fraud", ["confirmed", "denied"], account_id=ids, transaction_id=ids),
            _about("recurring", ["confirmed", "muted"], series_id=ids),
            _about(
                "transfer",
                ["confirmed", "rejected"],
                account_id=ids,
                transaction_id=ids,
                other_account_id=ids,
                other_transaction_id=ids,
            ),
            _about("insight", ["useful", "not_useful"], insight_id=ids),
        ),
    },
    {"given_at": instants},
)

_BUDGET = _members(
    {
        "budget_id": ids,
        "subject": categories,
        "limit_minor": positive_amounts,
        "currency": currencies,
        "period": st.sampled_from(["month", "week"]),
        "rollover": st.booleans(),
    }
)
_TARGETS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "amount_by_date": {"amount_minor": positive_amounts, "by": days},
    "savings_rate": {"rate": shares},
    "debt_paid": {"account_id": ids},
    "emergency_fund": {"months": st.integers(1, 60)},
}
_GOAL = st.sampled_from(sorted(_TARGETS)).flatmap(
    lambda kind: _members(
        {"goal_id": ids, "currency": currencies, "kind": st.just(kind), **_TARGETS[kind]}
    )
)
_RULE = _members(
    {"rule_id": ids, "category": categories, "merchant": names},
    {"text_contains": names, "account_id": ids, "amount_minor_min": amounts},
)
_CHOICE = _members(
    {
        "rule_id": ids,
        "enabled": st.booleans(),
        "parameters": st.dictionaries(names, st.integers(-(2**40), 2**40), max_size=2),
    },
    {"muted_until": days},
)
_SETTINGS = _members(
    {
        "change_id": ids,
        "user_id": ids,
        "revision": revisions,
        "preferences": _members(
            {},
            {
                "time_zone": zones,
                "locale": st.sampled_from(["de", "en_GB", "gsw_CH"]),
                "base_currency": currencies,
                "budgets": st.lists(_BUDGET, max_size=2),
                "goals": st.lists(_GOAL, max_size=2),
                "categories": st.lists(
                    _members(
                        {
                            "category": st.from_regex(r"own:[a-z0-9_.-]{1,9}", fullmatch=True),
                            "name": names,
                            "parent": categories,
                        }
                    ),
                    max_size=2,
                ),
                "filing_rules": st.lists(_RULE, max_size=2),
                "alert_rules": st.lists(_CHOICE, max_size=2),
                "quiet_hours": _members({"start": minutes, "end": minutes}),
                "alerts_a_day_max": st.integers(0, 100),
                "features": _members({"predictions": st.booleans()}),
                "profile": _members({}, {"household_size": st.integers(1, 20)}),
            },
        ),
    }
)
_BY_TYPE: dict[type[UserEvent], st.SearchStrategy[Members]] = {
    TransactionImported: _TRANSACTION,
    AccountUpdated: _ACCOUNT,
    FeedbackGiven: _FEEDBACK,
    SettingsChanged: _SETTINGS,
}


def as_sent(members: Members | UserEvent) -> bytes:
    """Give the JSON that travels."""
    if isinstance(members, UserEvent):
        return members.to_json()
    return json.dumps(members, ensure_ascii=False).encode()


def _events(event: type[EventT]) -> st.SearchStrategy[EventT]:
    return _BY_TYPE[event].map(as_sent).map(event.model_validate_json)


def transactions_imported() -> st.SearchStrategy[TransactionImported]:
    """Any valid transaction, whatever its fields say together."""
    return _events(TransactionImported)


def accounts_updated() -> st.SearchStrategy[AccountUpdated]:
    """Any valid update of an account."""
    return _events(AccountUpdated)


def feedback_given() -> st.SearchStrategy[FeedbackGiven]:
    """Any valid feedback."""
    return _events(FeedbackGiven)


def settings_changed() -> st.SearchStrategy[SettingsChanged]:
    """Any valid change of preferences."""
    return _events(SettingsChanged)


def any_input_event() -> st.SearchStrategy[UserEvent]:
    """Any valid event that a producer may send."""
    return st.one_of(
        transactions_imported(), accounts_updated(), feedback_given(), settings_changed()
    )


def any_input_members() -> st.SearchStrategy[tuple[type[UserEvent], Members]]:
    """Any valid event as a producer would write it down, nulls and all, with its type."""
    return st.one_of(*(st.tuples(st.just(event), members) for event, members in _BY_TYPE.items()))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.sampled_from([10**400, "\ud800", "x" * 70_000, "2026-02-30", "1e3", "\x00", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def replaced(members: Members) -> st.SearchStrategy[Members]:
    """Some field of the event, or one that it does not know, holds anything at all."""
    return st.builds(
        lambda name, value: members | {name: value},
        st.sampled_from([*members, "unknown"]),
        json_values,
    )


def _nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def mangled_bytes() -> st.SearchStrategy[bytes]:
    """Bytes that started as an event, more or less, or never were one."""
    valid = any_input_members().map(lambda pair: pair[1])
    sent = valid.map(as_sent)
    cuts = st.integers(0, 400)
    return st.one_of(
        st.binary(max_size=60),
        valid.flatmap(replaced).map(lambda members: json.dumps(members).encode()),
        st.builds(lambda value, cut: value[:cut], sent, cuts),
        st.builds(lambda value, cut: value[:cut] + value[cut + 1 :], sent, cuts),
        st.builds(
            lambda value, cut, noise: value[:cut] + noise + value[cut:],
            sent,
            cuts,
            st.binary(min_size=1, max_size=4) | st.sampled_from([b'"', b"{", b"]", b"\\u", b"NaN"]),
        ),
        sent.map(lambda value: b'{"user_id":"again",' + value[1:]),
        sent.map(lambda value: value[:-1] + b',"x":' + _nested(40) + b"}"),
        st.integers(1, 30_000).map(lambda depth: b"[" * depth),
        st.integers(30, 3_000).map(_nested),
        st.integers(65_000, 66_000).map(lambda length: b'{"a":"' + b"x" * length + b'"}'),
    )
