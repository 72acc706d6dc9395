"""A user's own rules: held against a plain double loop, then the cases that read like stories."""

from datetime import date
from itertools import permutations
from time import perf_counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from processors.state.filing_rules import (
    LEVEL,
    Payment,
    folded,
    key_of,
    problem_of,
    rule_again,
    rule_for,
    rules_for,
)
from processors.state.transaction import Filing, Transaction, identity_of
from schemas.preferences import FilingRule, OwnCategory, Preferences
from schemas.transactions import TransactionImported
from tests.partition import Partition
from tests.processors.household import CURRENT, NAME, paid

MARCH_14 = date(2025, 3, 14)
BOAT = OwnCategory(category="own:boat", name="Boat", parent="travel")
E_ACUTE, CAPITAL_E_ACUTE = (
    "\N{LATIN SMALL LETTER E WITH ACUTE}",
    "\N{LATIN CAPITAL LETTER E WITH ACUTE}",
)
MERCHANTS = ("Corner Grocer", "CORNER  GROCER 12", f"Caf{E_ACUTE} Uno", "CAFE UNO", "7", "24 7")
ACCOUNTS = (CURRENT, "savings")

texts = st.text(f"aAb{E_ACUTE}{CAPITAL_E_ACUTE}e  ", max_size=8)
amounts = st.integers(-3, 3)


rules = st.fixed_dictionaries(
    {
        "rule_id": st.sampled_from("rstu"),
        "category": st.sampled_from(
            ("food.groceries", "dining.coffee", "own:boat", "own:car", "food", "nonsense")
        ),
        "text_contains": st.none() | texts.filter(bool),
        "merchant": st.none() | st.sampled_from((*MERCHANTS, " ")),
        "account_id": st.none() | st.sampled_from(ACCOUNTS),
        "amount_minor_min": st.none() | amounts,
        "amount_minor_max": st.none() | amounts,
    }
).filter(lambda own: any(own[name] for name in ("text_contains", "merchant", "account_id")))
preferences = st.lists(rules.map(FilingRule.model_validate), max_size=8).map(
    lambda own: preferring(*own)
)
payments = st.builds(
    Payment,
    merchant_key=st.sampled_from(MERCHANTS).map(key_of),
    account_id=st.sampled_from(ACCOUNTS),
    amount_minor=amounts,
    text=texts,
)


def preferring(*own: FilingRule) -> Preferences:
    return Preferences(filing_rules=own, categories=(BOAT,))


def rule(rule_id: str = "r", **needs: object) -> FilingRule:
    return FilingRule.model_validate({"rule_id": rule_id, "category": "dining.coffee", **needs})


# The double loop: what the page on categories says, as plainly as it can be written.

_PLAIN = {E_ACUTE: "e", CAPITAL_E_ACUTE: "e"}
_KNOWN = ("food.groceries", "dining.coffee", "own:boat")


def plain(text: str) -> str:
    return " ".join("".join(_PLAIN.get(letter, letter) for letter in text).lower().split())


def applies(own: FilingRule, payment: Payment) -> bool:
    least, most = own.amount_minor_min, own.amount_minor_max
    text = None if own.text_contains is None else plain(own.text_contains)
    return all(
        (
            own.category in _KNOWN,
            text is None or (text and text in plain(payment.text)),
            own.merchant is None or key_of(own.merchant) == payment.merchant_key,
            own.account_id is None or own.account_id == payment.account_id,
            least is None or payment.amount_minor >= least,
            most is None or payment.amount_minor <= most,
        )
    )


def beats(one: FilingRule, other: FilingRule) -> bool:
    """Say whether the first of two goes before the second, comparing one thing after another."""
    if weights(one) != weights(other):
        return weights(one) > weights(other)
    return (one.rule_id, one.to_json()) < (other.rule_id, other.to_json())


def weights(own: FilingRule) -> list[int]:
    """Weigh what a rule asks for, the weightiest first."""
    return [
        own.merchant is not None,
        len(plain(own.text_contains or "")),
        own.account_id is not None,
        (own.amount_minor_min is not None) + (own.amount_minor_max is not None),
        -breadth(own),
    ]


def breadth(own: FilingRule) -> int:
    if own.amount_minor_min is None or own.amount_minor_max is None:
        return 0
    return own.amount_minor_max - own.amount_minor_min


def by_double_loop(chosen: Preferences, payment: Payment) -> FilingRule | None:
    for one in chosen.filing_rules or ():
        if applies(one, payment) and not any(
            applies(other, payment) and beats(other, one) for other in chosen.filing_rules or ()
        ):
            return one
    return None


# Laws.


@given(chosen=preferences, payment=payments)
def test_the_answer_is_that_of_a_plain_double_loop(chosen: Preferences, payment: Payment) -> None:
    assert rule_for(chosen, payment) == by_double_loop(chosen, payment)
    applying = [own for own in chosen.filing_rules or () if applies(own, payment)]
    assert sorted(own.to_json() for own in rules_for(chosen, payment)) == sorted(
        own.to_json() for own in applying
    )


@given(chosen=preferences, payment=payments, data=st.data())
def test_the_order_in_which_rules_were_written_does_not_matter(
    chosen: Preferences, payment: Payment, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(chosen.filing_rules or ()))
    assert list(rules_for(preferring(*shuffled), payment)) == list(rules_for(chosen, payment))


@given(
    chosen=preferences,
    payment=payments,
    needs=st.sampled_from(
        (
            {"text_contains": "zz"},
            {"merchant": "Nobody"},
            {"account_id": "nowhere"},
            {"account_id": CURRENT, "amount_minor_min": 4},
            {"account_id": CURRENT, "amount_minor_min": 1, "amount_minor_max": 0},
            {"account_id": CURRENT, "category": "own:car"},
        )
    ),
)
def test_a_rule_that_applies_to_nothing_changes_nothing(
    chosen: Preferences, payment: Payment, needs: dict[str, object]
) -> None:
    more = preferring(*(chosen.filing_rules or ()), rule("a", **needs))
    assert list(rules_for(more, payment)) == list(rules_for(chosen, payment))


@given(chosen=preferences, payment=payments, rule_id=st.sampled_from("az"), data=st.data())
def test_a_more_specific_rule_always_wins(
    chosen: Preferences, payment: Payment, rule_id: str, data: st.DataObject
) -> None:
    broad = rule_for(chosen, payment)
    assume(broad is not None)
    assert broad is not None
    amount = payment.amount_minor
    more: list[dict[str, object]] = []
    if broad.merchant is None:
        more += [{"merchant": name} for name in MERCHANTS if key_of(name) == payment.merchant_key]
    if len(folded(broad.text_contains or "")) < len(folded(payment.text)):
        more += [{"text_contains": payment.text}]
    if broad.account_id is None:
        more += [{"account_id": payment.account_id}]
    if breadth(broad) or broad.amount_minor_min is None:
        more += [{"amount_minor_min": amount, "amount_minor_max": amount}]
    assume(more)
    narrow = broad.model_copy(update={"rule_id": rule_id, **data.draw(st.sampled_from(more))})
    assert rule_for(preferring(narrow, *(chosen.filing_rules or ())), payment) == narrow


@given(text=st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert folded(f"  {text}\t") == folded(text)


@given(text=st.text("aeiouAEIOU ", max_size=20), accent=st.sampled_from("\u0300\u0301\u0308\u030a"))
def test_case_and_accents_make_no_difference(text: str, accent: str) -> None:
    accented = "".join(letter + accent if letter != " " else " " for letter in text.upper())
    assert folded(accented) == folded(text)


@given(name=st.text(min_size=1, max_size=60))
def test_a_merchant_is_found_under_its_own_name(name: str) -> None:
    own = recorded(paid(100, MARCH_14, "t", merchant_name=name))
    assume(key_of(name))
    payment = Payment.remembered(own, None)
    assert rule_for(preferring(rule(merchant=name)), payment) is not None


@given(
    before=preferences,
    after=preferences,
    amount_minor=amounts,
    description=texts,
    merchant=st.none() | st.sampled_from(MERCHANTS),
)
def test_what_is_decided_from_the_book_is_so_by_all_texts(
    before: Preferences,
    after: Preferences,
    amount_minor: int,
    description: str,
    merchant: str | None,
) -> None:
    event = paid(-amount_minor, MARCH_14, "t", description=description, merchant_name=merchant)
    own = recorded(event)
    known = Payment.imported(own, event)
    winner = rule_for(before, known)
    if winner is not None:
        own = replace(own, filing=Filing(winner.category, LEVEL, winner.rule_id, 100))
    named = [own.rule_id for own in before.filing_rules or ()]
    assume(len(set(named)) == len(named))
    again = rule_again(before, after, own)
    assert again is None or again in rules_for(after, known)
    if winner is not None:
        assert rule_again(before, before, own) == winner


def recorded(event: TransactionImported) -> Transaction:
    """Give what the book holds of an import."""
    own = Partition().fold_all([event]).user(NAME).book.find(identity_of(CURRENT, "t"))
    assert own is not None
    return own


# Stories.


def asked(chosen: Preferences, **fields: object) -> str | None:
    """Say which rule files an import."""
    event = paid(1_200, MARCH_14, "t").model_copy(update=fields)
    found = rule_for(chosen, Payment.imported(recorded(event), event))
    return None if found is None else found.rule_id


def test_a_text_is_found_in_what_the_bank_wrote_and_in_the_merchants_name() -> None:
    tea = preferring(rule("tea", text_contains="tea house"))
    assert asked(tea, description="CARD 4411 TEA   HOUSE LEEDS") == "tea"
    assert asked(tea, merchant_name="The Tea House") == "tea"
    assert asked(tea, description="TEA", merchant_name="HOUSE") is None
    assert asked(tea, description="TEAHOUSE") is None


def test_letters_with_and_without_their_marks_are_one() -> None:
    chosen = preferring(
        rule("cafe", text_contains="cafe"),
        rule("street", text_contains="Hauptstra\N{LATIN SMALL LETTER SHARP S}e"),
        rule("north", text_contains="TROMSO"),
        rule("shop", text_contains="d\N{LATIN SMALL LETTER DOTLESS I}s"),
    )
    assert asked(chosen, description=f"CAF{CAPITAL_E_ACUTE} CENTRAL") == "cafe"
    assert asked(chosen, description="HAUPTSTRASSE 4") == "street"
    assert asked(chosen, description="Troms\N{LATIN SMALL LETTER O WITH STROKE} Havn") == "north"
    assert asked(chosen, description="D\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}S KLINIK") == "shop"


def test_a_syllable_is_not_part_of_another() -> None:
    ga, gag = "\N{HANGUL SYLLABLE GA}", "\N{HANGUL SYLLABLE GAG}"
    assert asked(preferring(rule(text_contains=ga)), description=f"{gag} shop") is None
    assert asked(preferring(rule(text_contains=ga)), description=f"{ga} shop") == "r"


def test_each_kind_of_condition_beats_the_next() -> None:
    ranked = (
        rule("7", merchant="Corner Grocer", text_contains="card"),
        rule("6", merchant="Corner Grocer"),
        rule("5", text_contains="corner grocer leeds", category="food.groceries"),
        rule("4", text_contains="corner", account_id=CURRENT),
        rule("3", text_contains="corner", amount_minor_min=-1_300, amount_minor_max=-1_100),
        rule("2", text_contains="corner", amount_minor_min=-9_000, amount_minor_max=-1_000),
        rule("1", text_contains="corner", amount_minor_max=-1_000),
        rule("0", text_contains="corner"),
        rule("/", account_id=CURRENT),
    )
    fields = {"description": "CARD CORNER GROCER LEEDS", "merchant_name": "Corner Grocer"}
    for first, best in enumerate(ranked):
        assert asked(preferring(*reversed(ranked[first:])), **fields) == best.rule_id


def test_of_equals_the_first_id_wins() -> None:
    for own in permutations([rule("a!", text_contains="card"), rule("a", text_contains="CARD")]):
        assert asked(preferring(*own)) == "a"


def test_an_id_that_was_given_twice_still_has_one_answer() -> None:
    twins = [rule(category=own, text_contains="card") for own in ("own:boat", "dining.coffee")]
    payment = Payment("", CURRENT, -1, "CARD PAYMENT")
    assert rule_for(preferring(*twins), payment) == rule_for(preferring(*twins[::-1]), payment)


def test_bounds_hold_their_ends_and_money_out_lies_below_nothing() -> None:
    small = preferring(rule(account_id=CURRENT, amount_minor_min=-1_200, amount_minor_max=-1))
    assert asked(small) == "r"
    assert asked(small, amount_minor=-1_201) is None
    assert asked(small, amount_minor=1_200) is None


@pytest.mark.parametrize(
    ("own", "code"),
    [
        (rule(account_id="a", category="own:car"), "unknown_category"),
        (rule(account_id="a", category="food"), "unknown_category"),
        (rule(text_contains=" \t"), "says_nothing"),
        (rule(text_contains="\u0301"), "says_nothing"),
        (rule(merchant="  "), "says_nothing"),
        (rule(account_id="a", amount_minor_min=2, amount_minor_max=1), "empty_range"),
        (rule(account_id="a", category="own:boat"), None),
        (rule(account_id="a", amount_minor_min=1, amount_minor_max=1), None),
    ],
)
def test_a_rule_that_never_applies_says_why(own: FilingRule, code: str | None) -> None:
    problem = problem_of(own, preferring(own))
    assert (problem and problem.code) == code
    if problem is not None:
        everything = Payment("", "a", 1, "anything at all")
        assert rule_for(preferring(own), everything) is None


def test_a_category_of_the_users_own_files_from_when_it_is_there() -> None:
    own = (rule(account_id=CURRENT, category="own:boat"),)
    assert asked(Preferences(filing_rules=own)) is None
    assert asked(Preferences(filing_rules=own, categories=(BOAT,))) == "r"


def test_what_a_changed_rule_says_of_the_book_is_what_the_book_still_knows() -> None:
    description = "CARD PAYMENT 4411 OF FRIDAY NIGHT TO THE VERY FAR AWAY TEA HOUSE"
    own = recorded(paid(1_200, MARCH_14, "t", description=description))
    assert "TEA" not in own.merchant
    tea = preferring(rule("tea", text_contains="far away tea house"))
    assert rule_again(Preferences(), tea, own) is None
    assert rule_again(Preferences(), preferring(rule(text_contains="friday")), own) is not None

    filed = replace(own, filing=Filing("dining.coffee", LEVEL, "tea", 100))
    shorter = preferring(rule("tea", text_contains="Tea House", category="food.groceries"))
    other = preferring(rule("tea", text_contains="coffee house"))
    assert rule_again(tea, tea, filed) == (tea.filing_rules or ())[0]
    assert rule_again(tea, shorter, filed) == (shorter.filing_rules or ())[0]
    assert rule_again(tea, other, filed) is None
    assert rule_again(tea, Preferences(), filed) is None


def test_long_and_odd_texts_are_no_slow_path() -> None:
    chosen = preferring(
        *(rule(f"r{number}", text_contains=f"aaaa{number:03}") for number in range(500))
    )
    for text in ("a" * 10_000, "a\u0301" * 5_000, "\ufdfa" * 10_000, "\u202e\x00\x1b" * 3_333):
        payment = Payment("", CURRENT, -1, text)
        began = perf_counter()
        assert rule_for(chosen, payment) is None
        assert perf_counter() - began < 0.5
