"""Labelled transactions from the journal: what users filed, joined with what they filed."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from processors.state.filing import is_between_people
from processors.state.transaction import identity_of
from processors.state.user import User
from schemas.event import Event
from schemas.feedback import AboutCategory, FeedbackGiven
from schemas.journal import UserErased
from schemas.refusals import Refusal
from schemas.taxonomy import LEAVES, UNKNOWN
from schemas.transactions import TransactionImported
from streams.artifacts import PublishedArtifacts
from streams.errors import MendableError
from streams.explain.reading import Progress, folded_until
from streams.journal import entry_of
from streams.labelled.gathered import Gathered
from streams.names import Names
from streams.protocols import Log, Partition, Record
from streams.refolding import skip_list
from streams.verify.refold import Refold

_ANSWERS = frozenset(own.ce_type.encode() for own in (FeedbackGiven, UserErased))
_IMPORTS = frozenset(own.ce_type.encode() for own in (TransactionImported, UserErased))


class Name(NamedTuple):
    """A transaction, by its identity."""

    user_id: str
    account_id: str
    transaction_id: str


class Said(NamedTuple):
    """What a user said last of a transaction, and where that stands in the journal."""

    about: AboutCategory
    revision: int
    offset: int


@dataclass(slots=True)
class Labels:
    """What the users of a partition said of their transactions, and the transactions themselves."""

    said: dict[Name, Said] = field(default_factory=dict)
    imported: dict[Name, TransactionImported] = field(default_factory=dict)

    @property
    def keys(self) -> set[bytes]:
        """Name the users who said something, as records do."""
        return {name.user_id.encode() for name in self.said}

    @property
    def acceptances(self) -> dict[int, Name]:
        """Find where users accepted what stood there, whatever it was."""
        return {
            own.offset: name for name, own in self.said.items() if own.about.verdict == "accepted"
        }

    def hear_answer(self, event: Event, offset: int) -> None:
        """Take note of what a user said, and forget who asked to be forgotten."""
        if isinstance(event, UserErased):
            self.said = {
                name: own for name, own in self.said.items() if name.user_id != event.user_id
            }
        elif isinstance(event, FeedbackGiven) and isinstance(event.about, AboutCategory):
            about = event.about
            name = Name(event.user_id, about.account_id, about.transaction_id)
            known = self.said.get(name)
            if known is None or event.revision > known.revision:
                self.said[name] = Said(about, event.revision, offset)

    def hear_import(self, event: Event) -> None:
        """Keep the newest version of what somebody spoke of."""
        if isinstance(event, UserErased):
            self.imported = {
                name: own for name, own in self.imported.items() if name.user_id != event.user_id
            }
        elif isinstance(event, TransactionImported):
            name = Name(event.user_id, event.account_id, event.transaction_id)
            known = self.imported.get(name)
            is_newer = known is None or (event.revision or 0) >= (known.revision or 0)
            if name in self.said and is_newer:
                self.imported[name] = event

    def gather(self, accepted: Mapping[Name, str], gathered: Gathered) -> None:
        """Join both, in the order in which labels were given."""
        for name, own in sorted(self.said.items(), key=lambda said: said[1].offset):
            if own.about.verdict == "set":
                category = own.about.category or ""
            else:
                category = accepted.get(name, "")
            event = self.imported.get(name)
            if (code := _passed_over(category, event)) is not None or event is None:
                gathered.passed_over[code or ""] += 1
                continue
            text = event.merchant_name or event.description
            gathered.add(event.booked_on, name.user_id, text, event.amount_minor, category)


def _passed_over(category: str, event: TransactionImported | None) -> str | None:
    """Say by a code why a label teaches nothing about others; None if it does."""
    if event is None or event.status == "removed":
        return "no_transaction"
    if category in {"", UNKNOWN.id}:
        return "names_no_category"
    if category not in LEAVES:
        return "own_category"
    text = event.merchant_name or event.description
    if is_between_people(event.kind, event.counterparty_account, text):
        return "between_people"
    return None


async def gather_journal(log: Log, names: Names, partitions: int, told: Progress) -> Gathered:
    """Gather every user's newest label of each transaction; MendableError where there is none."""
    gathered = Gathered()
    for number in range(partitions):
        await _Reading(log, names, Partition(names.journal, number), told).into(gathered)
    if not gathered.examples:
        raise MendableError(
            "no_labels: the journal holds no label that could be learned from; "
            "users give them by feedback, or train from a file: --from FILE.csv"
        )
    return gathered


@dataclass(frozen=True, slots=True)
class _Reading:
    """One partition, read first for what was said, then for what it was said of."""

    log: Log
    names: Names
    partition: Partition
    told: Progress

    async def into(self, gathered: Gathered) -> None:
        until = await folded_until(self.log, self.partition)
        skipped = await skip_list(self.log, self.names, self.partition)
        labels = Labels()
        async for record, event in self._events(until, skipped, _ANSWERS):
            labels.hear_answer(event, record.offset)
        keys = labels.keys
        if not keys:
            return
        async for record, event in self._events(until, skipped, _IMPORTS):
            if record.key in keys:
                labels.hear_import(event)
        labels.gather(await self._accepted(labels.acceptances, skipped), gathered)

    async def _events(
        self, until: int, skipped: Collection[int], types: Collection[bytes]
    ) -> AsyncIterator[tuple[Record, Event]]:
        """Read on from the beginning; records of other types are not even decoded."""
        start = await self.log.start(self.partition)
        async for records in self.log.read(self.partition, start, until):
            for record in records:
                if record.offset in skipped or _type_of(record) not in types:
                    continue
                entry = entry_of(record)
                if not isinstance(entry, Refusal):
                    yield record, entry.event
            self.told(records[-1].offset + 1, until)

    async def _accepted(
        self, acceptances: Mapping[int, Name], skipped: Mapping[int, Refusal]
    ) -> dict[Name, str]:
        """Fold the partition again for what was accepted: only the fold knows what stood there."""
        if not acceptances:
            return {}
        until, start = max(acceptances) + 1, await self.log.start(self.partition)
        if start > 0:
            raise MendableError(
                f"the journal begins at {start}, and what was before is needed to tell what users "
                "accepted; restore a copy of the journal"
            )
        artifacts = PublishedArtifacts(self.log, self.names)
        refold = Refold(self.names, self.partition, skipped, artifacts)
        accepted: dict[Name, str] = {}
        async for records in self.log.read(self.partition, start, until):
            for run in _runs(records, acceptances):
                await refold.take(run)
                name = acceptances.get(run[-1].offset)
                if name is not None:
                    accepted[name] = _taught(refold.user(name.user_id), name)
            self.told(records[-1].offset + 1, until)
        return accepted


def _type_of(record: Record) -> bytes | None:
    return next((value for name, value in record.headers if name == "ce_type"), None)


def _runs(records: Sequence[Record], ends: Collection[int]) -> Iterator[Sequence[Record]]:
    """Divide records after each of some offsets."""
    first = 0
    for place, record in enumerate(records, 1):
        if record.offset in ends or place == len(records):
            yield records[first:place]
            first = place


def _taught(user: User | None, name: Name) -> str:
    """Give the category that the fold took an acceptance for; empty for none."""
    if user is None:
        return ""
    given = user.labels.cold.given.get(identity_of(name.account_id, name.transaction_id))
    return "" if given is None else given.category
