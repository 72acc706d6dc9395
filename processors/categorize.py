"""File a transaction: the user's own label first, then merchant code, keyword and bank's kind."""

from functools import lru_cache

from msgspec.structs import replace

from processors.state.book import Draft
from processors.state.entry import Entry
from processors.state.sections import Label
from processors.state.shared import Shared
from processors.state.transaction import Filing, Transaction, identity_of
from processors.state.user import User
from processors.state.verdict import Settled, Verdict
from schemas.feedback import AboutCategory, FeedbackGiven
from schemas.taxonomy import LEAVES, UNKNOWN, leaf_for_mcc
from schemas.transactions import TransactionImported

# Words that name one category wherever a bank writes them. Order decides: the first match wins.
KEYWORDS: tuple[tuple[str, str], ...] = (
    ("payroll", "income.salary"),
    ("salary", "income.salary"),
    ("wages", "income.salary"),
    ("pension", "income.pension"),
    ("savings", "transfer.savings"),
    ("mortgage", "housing.mortgage"),
    ("rent ", "housing.rent"),
    ("electric", "utilities.energy"),
    ("energy", "utilities.energy"),
    ("water", "utilities.water_and_waste"),
    ("broadband", "utilities.internet"),
    ("mobile", "utilities.phone"),
    ("supermarket", "food.groceries"),
    ("grocer", "food.groceries"),
    ("bakery", "food.groceries"),
    ("coffee", "dining.coffee"),
    ("restaurant", "dining.restaurant"),
    ("pizza", "dining.fast_food"),
    ("fuel", "transport.fuel"),
    ("petrol", "transport.fuel"),
    ("parking", "transport.parking_and_tolls"),
    ("taxi", "transport.taxi"),
    ("railway", "transport.public"),
    ("pharmacy", "health.pharmacy"),
    ("dental", "health.dental"),
    ("fitness", "health.fitness"),
    ("insurance", "insurance.other"),
    ("hotel", "travel.lodging"),
    ("airline", "travel.flights"),
    ("streaming", "entertainment.streaming"),
    ("cinema", "entertainment.outings"),
    ("bookshop", "shopping.books"),
    ("overdraft", "finance.overdraft"),
    ("charity", "giving.charity"),
)
KINDS = {
    "salary": "income.salary",
    "cash": "cash.withdrawal",
    "fee": "finance.fee",
    "interest": "finance.interest",
    "transfer": "transfer.other",
}
# Plain beliefs until outcomes are measured: each level's share of right filings.
CONFIDENCE_PERCENT = {"user": 100, "merchant": 95, "mcc": 80, "keyword": 70, "kind": 60, "none": 0}


def categorize(draft: Draft, user: User, _shared: Shared, entry: Entry) -> Settled:
    """File what the entry drafted, or refile what its feedback is about."""
    event = entry.event
    if isinstance(event, TransactionImported):
        for own in draft.touched():
            if _is_about(event, own) and own.gone != "removed" and own.filing.level != "user":
                draft.put(_filed(own, *_decide(own, user, event)))
    elif isinstance(event, FeedbackGiven) and isinstance(event.about, AboutCategory):
        return _learn(draft, user, event.about, event.revision)
    return None


def _is_about(event: TransactionImported, own: Transaction) -> bool:
    return (event.transaction_id, event.account_id) == (own.transaction_id, own.account_id)


def _decide(own: Transaction, user: User, event: TransactionImported) -> tuple[str, str, str]:
    """Give category, level and cause of the first level that knows."""
    label = user.categorize.cold.by_merchant.get(own.merchant_key)
    if label is not None:
        return label.category, "merchant", own.merchant
    if event.mcc is not None and (leaf := leaf_for_mcc(event.mcc)) is not None:
        return leaf.id, "mcc", event.mcc
    text = f"{event.description} {event.merchant_name or ''} ".casefold()
    if (found := _by_keyword(text)) is not None:
        return found
    if event.kind in KINDS:
        return KINDS[event.kind], "kind", event.kind
    return UNKNOWN.id, "none", ""


# Banks write of one shop in one way, mostly.
@lru_cache(maxsize=8192)
def _by_keyword(text: str) -> tuple[str, str, str] | None:
    for keyword, category in KEYWORDS:
        if keyword in text:
            return category, "keyword", keyword.strip()
    return None


def _learn(draft: Draft, user: User, about: AboutCategory, revision: int) -> Verdict:
    identity = identity_of(about.account_id, about.transaction_id)
    own = draft.find(identity)
    known = user.categorize.cold.revisions.get(identity, -1)
    if revision <= known:
        return Verdict.REPEAT if revision == known else Verdict.STALE
    if own is None or about.verdict != "set" or about.category is None:
        return Verdict.UNUSED
    if about.category not in LEAVES and about.category not in _own_categories(user):
        return Verdict.UNUSED
    labels = user.categorize.change_cold()
    labels.revisions[identity] = revision
    labels.by_merchant[own.merchant_key] = Label(about.category, revision)
    draft.put(_filed(_in_its_place(draft, own), about.category, "user", ""))
    return Verdict.APPLIED


def _in_its_place(draft: Draft, own: Transaction) -> Transaction:
    """Give what stands in a transaction's place now: an app may still know it by its former id."""
    while own.replaced_by is not None:
        successor = draft.find(own.replaced_by.identity)
        if successor is None:
            break
        own = successor
    return own


def _own_categories(user: User) -> set[str]:
    return {own.category for own in user.preferences.cold.read().categories or ()}


def _filed(own: Transaction, category: str, level: str, because: str) -> Transaction:
    filing = Filing(category, level, because, CONFIDENCE_PERCENT[level])
    return replace(own, filing=filing, category=category)
