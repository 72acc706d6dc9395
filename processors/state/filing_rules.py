"""A user's own filing rules: which of them files a transaction, and why one never does.

Of all that apply, the most specific one wins: a merchant beats a text, a longer text a shorter one,
an account none, two bounds of the amount one, and a narrow range a wide one. The id has the last
word, so the order in which rules were written never matters.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize

from models.descriptor import NOBODY, read_descriptor
from processors.state.transaction import Transaction
from schemas.money import AMOUNT_MINOR_MAX
from schemas.preferences import FilingRule, Preferences
from schemas.taxonomy import LEAVES
from schemas.transactions import TransactionImported

LEVEL = "rule"
"""The level of what a rule has filed; what it gives as its cause is the rule's id."""

_COMBINING_ACCENTS = range(0x300, 0x370)
_PLAIN: dict[int, str | None] = {
    **dict.fromkeys(_COMBINING_ACCENTS),
    ord("\N{LATIN SMALL LETTER O WITH STROKE}"): "o",
    ord("\N{LATIN SMALL LETTER L WITH STROKE}"): "l",
    ord("\N{LATIN SMALL LETTER D WITH STROKE}"): "d",
    ord("\N{LATIN SMALL LETTER DOTLESS I}"): "i",
    ord("\N{LATIN SMALL LETTER AE}"): "ae",
    ord("\N{LATIN SMALL LIGATURE OE}"): "oe",
}
_BEGINNING_LENGTH = 4
_NO_WIDTH = 2 * AMOUNT_MINOR_MAX + 1
# No text of a rule is looked for across two texts of a transaction.
_SEAM = "\0"


class Payment(NamedTuple):
    """What rules look at of a transaction."""

    merchant_key: str
    account_id: str
    amount_minor: int
    text: str

    @classmethod
    def imported(cls, own: Transaction, event: TransactionImported) -> "Payment":
        """Take all texts that came with a transaction."""
        text = _SEAM.join((event.description, event.merchant_name or ""))
        return cls(own.merchant_key, own.account_id, own.amount_minor, text)

    @classmethod
    def remembered(cls, own: Transaction, former: FilingRule | None) -> "Payment":
        """Take what a book still holds of a transaction, and the text by which it was filed."""
        text = _SEAM.join((own.merchant, (former and former.text_contains) or ""))
        return cls(own.merchant_key, own.account_id, own.amount_minor, text)


class Problem(NamedTuple):
    """Why a rule never applies: a stable code, and a sentence."""

    code: str
    sentence: str


def rule_for(preferences: Preferences, payment: Payment) -> FilingRule | None:
    """Give the most specific of the user's rules that applies; None where none does."""
    return next(rules_for(preferences, payment), None)


def rule_again(before: Preferences, after: Preferences, own: Transaction) -> FilingRule | None:
    """Give the rule that applies to a transaction in the book, now that rules have changed.

    A text is found where it stands in what the book still holds: the merchant's name, or the first
    words of the bank's text, and the text of the rule that filed it.
    """
    former = None
    if own.filing.level == LEVEL:
        rules = before.filing_rules or ()
        former = next((rule for rule in rules if rule.rule_id == own.filing.because), None)
    return rule_for(after, Payment.remembered(own, former))


def rules_for(preferences: Preferences, payment: Payment) -> Iterator[FilingRule]:
    """Yield all of the user's rules that apply, the most specific first."""
    if not preferences.filing_rules:
        return
    index = _index(_Same(preferences))
    text = folded(payment.text) if index.beginnings else ""
    for rank in sorted(_candidates(index, payment, text)):
        ranked = index.ranked[rank]
        if _applies(ranked, payment, text):
            yield ranked.rule


def problem_of(rule: FilingRule, preferences: Preferences) -> Problem | None:
    """Say why a rule never applies to anything; None where it may."""
    own = {category.category for category in preferences.categories or ()}
    if rule.category not in LEAVES and rule.category not in own:
        return Problem(
            "unknown_category",
            f"{rule.category} is neither a category of the taxonomy nor one of the user's own.",
        )
    for member, text in (
        ("text_contains", rule.text_contains and folded(rule.text_contains)),
        ("merchant", rule.merchant and key_of(rule.merchant)),
    ):
        if text == "":
            return Problem("says_nothing", f"{member} holds nothing that could be looked for.")
    if _width_minor(rule) < 0:
        return Problem("empty_range", "amount_minor_min lies above amount_minor_max.")
    return None


def folded(text: str) -> str:
    """Give a text as it is compared: small letters without accents, one blank between words.

    >>> folded("  CAFÉ  Tromsø "), folded("STRASSE") == folded("Straße")
    ('cafe tromso', True)
    """
    if not text.isascii():
        # Twice, for a letter may hide an accent until it is small. Put together again, since a
        # syllable of Hangul is not contained in another.
        text = normalize("NFKD", normalize("NFKD", text).casefold())
        text = normalize("NFC", text.translate(_PLAIN))
    return " ".join(text.lower().split())


@lru_cache(maxsize=16_384)
def key_of(merchant: str) -> str:
    """Give the key under which a merchant's name is compared, the same for every way to write it.

    Empty for a name of blanks, which names nobody.

    >>> key_of("Café Gare 0042") == key_of("CAFE GARE"), key_of(" ")
    (True, '')
    """
    key = read_descriptor(merchant).key
    return "" if key == NOBODY else folded(key)


class _Ranked(NamedTuple):
    rule: FilingRule
    text: str
    merchant_key: str


class _Index(NamedTuple):
    """Usable rules in their order, and which to ask: each stands under one thing that it needs."""

    ranked: tuple[_Ranked, ...]
    by_merchant: dict[str, list[int]]
    by_account: dict[str, list[int]]
    by_beginning: dict[str, list[int]]
    beginnings: frozenset[str]
    lengths: tuple[int, ...]
    """Of the beginnings, each once."""


class _Same:
    """Preferences as a key: told apart by identity, for hashing all rules takes longer than this.

    Whoever holds equal preferences twice only builds an equal index twice.
    """

    __slots__ = ("preferences",)

    def __init__(self, preferences: Preferences) -> None:
        self.preferences = preferences

    def __hash__(self) -> int:
        return id(self.preferences)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.preferences is other.preferences


@lru_cache(maxsize=4096)
def _index(key: _Same) -> _Index:
    preferences = key.preferences
    rules = preferences.filing_rules or ()
    usable = sorted((rule for rule in rules if problem_of(rule, preferences) is None), key=_rank)
    ranked = tuple(
        _Ranked(rule, folded(rule.text_contains or ""), key_of(rule.merchant or ""))
        for rule in usable
    )
    by_merchant, by_account = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    by_beginning = defaultdict[str, list[int]](list)
    for rank, (rule, text, merchant_key) in enumerate(ranked):
        if merchant_key:
            by_merchant[merchant_key].append(rank)
        elif text:
            by_beginning[text[:_BEGINNING_LENGTH]].append(rank)
        else:
            assert rule.account_id is not None
            by_account[rule.account_id].append(rank)
    lengths = tuple(sorted({len(beginning) for beginning in by_beginning}))
    beginnings = frozenset(by_beginning)
    return _Index(ranked, by_merchant, by_account, by_beginning, beginnings, lengths)


def _rank(rule: FilingRule) -> tuple[bool, int, bool, int, int, str, bytes]:
    bounds = (rule.amount_minor_min, rule.amount_minor_max)
    return (
        rule.merchant is None,
        -len(folded(rule.text_contains or "")),
        rule.account_id is None,
        bounds.count(None),
        _width_minor(rule),
        rule.rule_id,
        rule.to_json(),  # Nothing keeps a producer from giving an id twice.
    )


def _width_minor(rule: FilingRule) -> int:
    least, most = rule.amount_minor_min, rule.amount_minor_max
    return _NO_WIDTH if least is None or most is None else most - least


def _candidates(index: _Index, payment: Payment, text: str) -> list[int]:
    ranks = list(index.by_account.get(payment.account_id, ()))
    if index.by_merchant:
        ranks += index.by_merchant.get(folded(payment.merchant_key), ())
    for length in index.lengths:
        windows = {text[at : at + length] for at in range(len(text) - length + 1)}
        for beginning in windows & index.beginnings:
            ranks += index.by_beginning[beginning]
    return ranks


def _applies(ranked: _Ranked, payment: Payment, text: str) -> bool:
    rule = ranked.rule
    least, most = rule.amount_minor_min, rule.amount_minor_max
    return (
        rule.account_id in (None, payment.account_id)
        and (least is None or least <= payment.amount_minor)
        and (most is None or payment.amount_minor <= most)
        and (not ranked.merchant_key or ranked.merchant_key == folded(payment.merchant_key))
        and (not ranked.text or ranked.text in (text or folded(payment.text)))
    )
