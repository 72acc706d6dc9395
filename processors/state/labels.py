"""What one user taught us of categories, so that each label can be taken back as if never given."""

from collections.abc import Iterator
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from models.evidence import Counts, count, weight_on
from processors.state.transaction import UNFILED, Filing

Name = TypeVar("Name", int, str)

GIVEN_MAX = 500
"""So many labels can be taken back; of older ones, only their counts stay."""
MERCHANTS_MAX = 512
AGAIN = 10
"""A second label of one merchant and day weighs so many times less: lines of one purchase."""
PLACES_MAX = 32
"""Beyond these, the one that weighs least is forgotten."""


class Given(Struct, frozen=True, array_like=True, gc=False):
    """One answer of the user to one transaction, and what it has added to which counts."""

    revision: int
    category: str = ""
    """Empty for an answer that names none: a rejection, or a label that was taken back."""
    rejected: str = ""
    merchant_key: str = ""
    place: int = 0
    likely: str = ""
    """What others would have called it."""
    day: int = 0
    weight: int = 0
    shared: str = ""
    """The category that was counted for everybody; empty for none."""
    was: Filing = UNFILED
    """How it had been filed before."""
    corrects: bool = False
    """Whether it corrected us: what comes next follows it, whatever was said before."""
    followed_on: int = 0
    """The day whose payments were the first after it; 0 while there are none."""

    @property
    def says_something(self) -> bool:
        """Say whether there is anything to be taken back."""
        return bool(self.category or self.rejected)

    @property
    def is_owed(self) -> bool:
        """Say whether it is a correction that no payment has come after."""
        return self.corrects and self.followed_on == 0


class AtMerchant(Struct, array_like=True):
    """What the user's payments to one merchant are."""

    counts: Counts = field(default_factory=dict)
    places: dict[int, Counts] = field(default_factory=dict)
    """By the bank's text as a whole, which may name the shop, the desk or the order."""
    said: dict[str, int] = field(default_factory=dict)
    """How many labels of the user's own name each category."""
    rejected: dict[str, int] = field(default_factory=dict)
    given: list[int] = field(default_factory=list)
    """Which transactions were answered, the newest word last, as long as it can be taken back."""


class Labels(Struct, array_like=True):
    """What the user taught us: answers by transaction, and counts made of them and of silence."""

    given: dict[int, Given] = field(default_factory=dict)
    merchants: dict[str, AtMerchant] = field(default_factory=dict)
    usual: Counts = field(default_factory=dict)
    meant: dict[str, Counts] = field(default_factory=dict)
    """What the user calls that which others would call so."""
    confirmed: int = 0
    """How often the user said that an answer was right."""

    @property
    def confirms(self) -> bool:
        """Say whether the user says yes as well as no; else their labels are all errors."""
        return self.confirmed > 0

    def ruled(self, merchant_key: str, day: int) -> tuple[str, str]:
        """Give the category that the user has decided on for a merchant, and how; empty for none.

        The next payments after a correction follow it always, and all do while no label disagrees.
        """
        at = self.merchants.get(merchant_key)
        if at is None:
            return "", ""
        newest = self.given[at.given[-1]] if at.given else _NO_WORD
        if newest.corrects and newest.followed_on in {0, day}:
            return newest.category, f"{at.said[newest.category]}/{sum(at.said.values())}"
        if len(at.said) == 1:
            ((category, times),) = at.said.items()
            if category not in self.refused(merchant_key):
                return category, f"{times}/{times}"
        return "", ""

    def refused(self, merchant_key: str) -> set[str]:
        """Give the categories that the user has rejected at a merchant, and not named since."""
        at = self.merchants.get(merchant_key)
        if at is None or not at.rejected:
            return set()
        is_last_word = {category: category not in at.said for category in at.rejected}
        for identity in at.given:
            given = self.given[identity]
            is_last_word[given.category], is_last_word[given.rejected] = False, True
        return {category for category in at.rejected if is_last_word[category]}

    def owes(self, merchant_key: str) -> bool:
        """Say whether a correction of the user's at a merchant has no payment after it yet."""
        at = self.merchants.get(merchant_key)
        return at is not None and any(self.given[identity].is_owed for identity in at.given)

    def followed(self, merchant_key: str, day: int) -> None:
        """Take note that payments of a day have come after all corrections at a merchant."""
        for identity in self.merchants[merchant_key].given:
            given = self.given[identity]
            if given.is_owed:
                self.given[identity] = replace(given, followed_on=day)

    def add(self, identity: int, given: Given, *, corrects: bool) -> Given:
        """Count a label, and remember what has to be taken away with it."""
        at = self._at(given.merchant_key)
        full = weight_on(given.day)
        is_twin = any(True for _ in self._twins(given))
        weight = full // AGAIN if is_twin else full
        # Who only says no has named nothing that could be counted.
        given = replace(given, weight=weight if given.category else 0, corrects=corrects)
        if given.category:
            at.said[given.category] = at.said.get(given.category, 0) + 1
            self.confirmed += not corrects
            self._count(given, weight)
        if given.rejected:
            at.rejected[given.rejected] = at.rejected.get(given.rejected, 0) + 1
        at.given.append(identity)
        self.remember(identity, given)
        self._forget_least(given)
        return given

    def remember(self, identity: int, given: Given) -> None:
        """Remember an answer, so that a repeat is known, and one that comes before it."""
        self.given[identity] = given
        if len(self.given) > GIVEN_MAX:
            oldest = next(iter(self.given))
            self._drop(next((one for one in self.given if not self.given[one].is_owed), oldest))

    def take_back(self, identity: int) -> int:
        """Undo a label; gives the weight by which everybody's counts fall with it."""
        given = self._drop(identity)
        if given is None or not given.says_something:
            return 0
        at = self._at(given.merchant_key)
        _count_down(at.rejected, given.rejected)
        fallen = given.weight
        if given.category:
            _count_down(at.said, given.category)
            self.confirmed -= not given.corrects
            self._count(given, -given.weight)
            fallen -= self._raise_a_twin(given)
        if not (at.counts or at.places or at.said or at.rejected):
            del self.merchants[given.merchant_key]
        return fallen

    def forget(self, identity: int) -> None:
        """Forget how to undo a label; what it has taught stays, and what is owed to it."""
        given = self.given.get(identity)
        if given is not None and not given.is_owed:
            self._drop(identity)

    def _drop(self, identity: int) -> Given | None:
        given = self.given.pop(identity, None)
        if given is not None and given.merchant_key in self.merchants:
            self.merchants[given.merchant_key].given.remove(identity)
        return given

    def believe(self, merchant_key: str, category: str, weight: int) -> None:
        """Take silence for a faint yes."""
        count(self._at(merchant_key).counts, category, weight)
        count(self.usual, category, weight)
        self._forget_merchants(merchant_key)

    def _twins(self, given: Given) -> Iterator[tuple[int, Given]]:
        """Find labels alike of the same day and merchant: lines of one purchase, mostly."""
        alike = (given.day, given.category, given.shared)
        for identity in self._at(given.merchant_key).given:
            other = self.given[identity]
            if (other.day, other.category, other.shared) == alike:
                yield identity, other

    def _raise_a_twin(self, given: Given) -> int:
        """Let a twin weigh what the label weighed that went; gives by how much more."""
        if given.weight < weight_on(given.day):
            return 0
        found = next(self._twins(given), None)
        if found is None:
            return 0
        identity, twin = found
        more = given.weight - twin.weight
        self._count(twin, more)
        self.given[identity] = replace(twin, weight=given.weight)
        return more

    def _count(self, given: Given, weight: int) -> None:
        at, category = self._at(given.merchant_key), given.category
        count(at.counts, category, weight)
        count(self.usual, category, weight)
        if given.place:
            _count_in(at.places, given.place, category, weight)
        if given.likely:
            _count_in(self.meant, given.likely, category, weight)

    def _at(self, merchant_key: str) -> AtMerchant:
        at = self.merchants.get(merchant_key)
        if at is None:
            at = self.merchants[merchant_key] = AtMerchant()
        return at

    def _forget_least(self, given: Given) -> None:
        self._forget_merchants(given.merchant_key)
        places = self._at(given.merchant_key).places
        if len(places) > PLACES_MAX:
            least = (name for name in places if name != given.place)
            del places[min(least, key=lambda name: (sum(places[name].values()), name))]

    def _forget_merchants(self, newest: str) -> None:
        if len(self.merchants) <= MERCHANTS_MAX:
            return
        least = (key for key in self.merchants if key != newest)
        key = min(least, key=self._usefulness)
        for identity in self.merchants[key].given:
            del self.given[identity]
        del self.merchants[key]

    def _usefulness(self, merchant_key: str) -> tuple[int, str]:
        return sum(self.merchants[merchant_key].counts.values()), merchant_key


_NO_WORD = Given(0)


def _count_down(counts: dict[str, int], name: str) -> None:
    if name in counts:
        counts[name] -= 1
        if counts[name] <= 0:
            del counts[name]


def _count_in(table: dict[Name, Counts], name: Name, category: str, weight: int) -> None:
    counts = table.setdefault(name, {})
    count(counts, category, weight)
    if not counts:
        del table[name]
