"""File what is imported: by the user's rules, by what was learned, by what its text says."""

from msgspec.structs import replace

from processors.state.book import Draft
from processors.state.entry import Entry
from processors.state.filing import (
    MODEL,
    Decision,
    Situation,
    by_rule,
    decide,
    remembered_texts,
    texts_of,
)
from processors.state.filing_rules import LEVEL, Payment, rule_again, rule_for
from processors.state.sections import Chosen
from processors.state.shared import Shared
from processors.state.transaction import FILED, Filing, Transaction
from processors.state.user import User
from processors.state.verdict import Settled
from schemas.preferences import SettingsChanged
from schemas.transactions import TransactionImported


def categorize(draft: Draft, user: User, shared: Shared, entry: Entry) -> Settled:
    """File what the entry drafted, or file anew what changed rules are about."""
    event, situation = entry.event, Situation.of(user, shared, entry)
    if isinstance(event, TransactionImported):
        for own in draft.touched():
            if _is_about(event, own) and own.gone != "removed" and own.filing.level != "user":
                _file(draft, own, event, situation)
    elif isinstance(event, SettingsChanged):
        _follow_rules(draft, event, situation)
    return None


def _is_about(event: TransactionImported, own: Transaction) -> bool:
    return (event.transaction_id, event.account_id) == (own.transaction_id, own.account_id)


def _file(draft: Draft, own: Transaction, event: TransactionImported, situation: Situation) -> None:
    user = situation.user
    rule = rule_for(user.preferences.cold.read(), Payment.imported(own, event))
    if rule is not None:
        _put(draft, own, by_rule(rule))
        return
    decision = decide(own, texts_of(event), situation)
    _put(draft, own, decision.filing)
    if draft.before(own.identity) is None:
        _compare(situation.shared, decision)
        if decision.answers:
            _follow_correction(user, own)


def _put(draft: Draft, own: Transaction, filing: Filing) -> None:
    draft.put(replace(own, filing=filing, category=filing.category))


def _follow_correction(user: User, own: Transaction) -> None:
    """The first payments after a correction have followed it; then all labels are counted."""
    if user.labels.cold.owes(own.merchant_key):
        user.labels.change_cold().followed(own.merchant_key, own.booked_on)


def _compare(shared: Shared, decision: Decision) -> None:
    """Take note of how the active artifact and its challenger differ, while there is one."""
    challenger = shared.activated.challengers.get(MODEL)
    if challenger is None or challenger.sha256 not in decision.answers:
        return
    arms = shared.population.arms_of(challenger.sha256)
    arm = arms.challenger if decision.arm == challenger.sha256 else arms.active
    arm.decided += 1
    arm.filed += decision.filing.outcome == FILED
    if len({answer.category for answer in decision.answers.values()}) == 1:
        arms.agreed += 1
    else:
        arms.differed += 1


def _follow_rules(draft: Draft, event: SettingsChanged, situation: Situation) -> None:
    """Let changed rules file what is in the book, as far as the book tells whether they apply."""
    chosen = situation.user.preferences.cold
    newer = chosen.newer(event)
    if not newer.keys() & {"filing_rules", "categories"}:
        return
    before, after = chosen.read(), Chosen({**chosen.choices, **newer}).read()
    for own in list(draft.book.transactions()):
        if own.gone == "removed" or own.filing.level == "user":
            continue
        rule = rule_again(before, after, own)
        if rule is not None:
            _put(draft, own, by_rule(rule))
        elif own.filing.level == LEVEL:
            _put(draft, own, decide(own, remembered_texts(own), situation).filing)
