"""How the rules for patterns judge: raise what was found, take back what is over."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from processors.alert_rules.rule import Ended, Holds, Judgement, Words
from processors.state.book import WINDOW_DAYS
from processors.state.news import DAYS_OF_USE
from processors.state.notes import Pattern, PatternEnded
from processors.state.quieted import ABOUT_NOTHING, Meaning
from processors.state.transaction import Transaction
from processors.state.view import View
from schemas.alerts import Severity
from schemas.arguments import TransactionRef

PatternT = TypeVar("PatternT", bound=Pattern)


class Said(NamedTuple):
    """What a rule says of a pattern that the user's bounds do not keep quiet."""

    severity: Severity
    day: int
    words: Callable[[], Words]
    window: str = ""
    lasts: bool = False
    """Whether it is watched until it ends, and not only as long as its payments are known."""
    about: Meaning = ABOUT_NOTHING
    """What an answer to it is remembered by."""


Judge = Callable[[View, Mapping[str, int]], Iterable[Judgement]]
Says = Callable[[PatternT, Mapping[str, int]], Said | None]


def judging(rule_id: str, kind: type[PatternT], says: Says[PatternT]) -> Judge:
    """Make a rule's judgement of one kind of pattern."""

    def judge(view: View, chosen: Mapping[str, int]) -> Iterator[Judgement]:
        for ended in view.noted(PatternEnded):
            if ended.rule_id == rule_id:
                yield Ended(_key(ended.key), ended.how)
        for pattern in view.noted(kind):
            said = says(pattern, chosen)
            # It may have been raised while more payments stood.
            quiet = Ended(_key(pattern.key), "retracted")
            yield quiet if said is None else _holds(view, pattern.key, said)

    return judge


def _key(key: int) -> str:
    return f"{key:016x}"


def _holds(view: View, key: int, said: Said) -> Holds:
    return Holds(
        key=_key(key),
        window=said.window,
        severity=said.severity,
        expires=max(view.today, said.day) + DAYS_OF_USE,
        kept_until=None if said.lasts else max(view.today, said.day) + WINDOW_DAYS,
        words=said.words,
        quiet_hours_ok=said.severity == "critical",
        about=said.about,
    )


def refs(payments: Iterable[Transaction]) -> tuple[TransactionRef, ...]:
    """Point at payments."""
    return tuple(
        TransactionRef(account_id=own.account_id, transaction_id=own.transaction_id)
        for own in payments
    )


def payee_of(payment: Transaction) -> str:
    """Name whom a payment went to, for a sentence."""
    return payment.merchant or "somebody unnamed"
