"""Folding a slice of the journal: states in, messages and writes out, and no I/O between."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from models.drift import Some
from processors.ledger import Folded, activate, fold, pass_days
from processors.state.entry import Entry
from processors.state.filing import prepare
from processors.state.shared import Shared
from processors.state.user import User
from schemas.alerts import Alert
from schemas.cloudevents import binary_headers
from schemas.dead_letters import Origin
from schemas.event import UserEvent
from schemas.ids import bucket_of
from schemas.journal import DayPassed, LessonsTaught, UserErased
from schemas.publishing import attributes_of
from schemas.refusals import Code, Refusal
from schemas.topics import JOURNAL, TOPIC_OF
from schemas.transactions import TransactionEnriched, TransactionImported
from streams.codecs import (
    GONE,
    UnreadableError,
    changed_parts,
    decode_shared,
    decode_user,
    shared_rows,
)
from streams.decision import Decision, Tally
from streams.detected import A_DAY, chances_in, standing_of
from streams.intake import dead_letter
from streams.journal import entry_of, own_message
from streams.names import Names
from streams.protocols import Message, Partition, Parts, Record, Writes

_TAUGHT_MAX = 250


@dataclass(slots=True)
class Kept:
    """A decoded state, and the parts of it that the store holds."""

    user: User
    stored: Parts


@dataclass(slots=True)
class Memory:
    """What the owner of a journal partition keeps decoded; it may forget users at any time."""

    rows: Parts
    users_max: int
    shared: Shared = field(init=False)
    users: OrderedDict[str, Kept] = field(default_factory=OrderedDict)
    watched: Some = field(default_factory=lambda: Some(A_DAY))
    """Draws the payments that are looked at for a change."""

    def __post_init__(self) -> None:
        self.shared = decode_shared(self.rows)

    def missing(self, user_ids: Iterable[str]) -> list[str]:
        """List the users whose state must be loaded."""
        return [user_id for user_id in user_ids if user_id not in self.users]

    def add(self, loaded: Mapping[str, Parts]) -> None:
        """Decode what was loaded."""
        for user_id, parts in loaded.items():
            self.users[user_id] = Kept(decode_user(user_id, parts), dict(parts))

    def written(self, writes: Writes) -> None:
        """Take note that the store holds what was decided, and forget what is longest unused."""
        for user_id, parts in writes.users.items():
            kept = self.users[user_id]
            _write(kept.stored, parts)
            kept.user.saved()
            self.users.move_to_end(user_id)
        _write(self.rows, writes.shared)
        self.shared.saved()
        while len(self.users) > self.users_max:
            self.users.popitem(last=False)


def _write(stored: Parts, parts: Parts) -> None:
    """Do to a copy of what is stored what the store does."""
    stored.update(parts)
    for name in [name for name, part in parts.items() if part == GONE]:
        del stored[name]


@dataclass(frozen=True, slots=True)
class Read:
    """A slice of the journal, read: entries or refusals, each with its record."""

    entries: list[tuple[Record, Entry | Refusal]]
    users: list[str]
    buckets: list[int]

    @property
    def imports(self) -> Iterator[TransactionImported]:
        """Give the transactions among the entries."""
        for _, entry in self.entries:
            if isinstance(entry, Entry) and isinstance(entry.event, TransactionImported):
                yield entry.event


class FoldFailedError(Exception):
    """The fold raised, which is a bug of ours: the slice is to be folded without that entry."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def read_slice(records: Sequence[Record], skipped: Mapping[int, Refusal]) -> Read:
    """Read entries and name the users and buckets they touch; *skipped* offsets are not folded."""
    entries: list[tuple[Record, Entry | Refusal]] = []
    users: dict[str, None] = {}
    buckets: dict[int, None] = {}
    for record in records:
        entry = skipped.get(record.offset) or entry_of(record)
        entries.append((record, entry))
        if isinstance(entry, Refusal):
            continue
        if isinstance(entry.event, UserEvent):
            users[entry.event.user_id] = None
        elif isinstance(entry.event, DayPassed):
            buckets[entry.event.bucket] = None
    return Read(entries, list(users), list(buckets))


def fold_slice(
    names: Names,
    partition: Partition,
    read: Read,
    memory: Memory,
    by_bucket: Mapping[int, set[str]],
) -> Decision:
    """Fold entry by entry; what is given is changed in place, and is void if this raises.

    *by_bucket* holds the users that have a state, for each bucket that the slice touches.
    """
    messages: list[Message] = []
    tally = Tally(records=len(read.entries))
    prepare(memory.shared, read.imports)
    for record, entry in read.entries:
        if isinstance(entry, Refusal):
            messages.append(_set_aside(names, partition, record, entry, tally))
            continue
        try:
            judged = _judged(entry, memory.shared)  # Before anything is learned from it.
            chances = chances_in(entry.event, memory.shared, memory.watched)
            folded = list(_fold(entry, memory, by_bucket))
        except Exception as error:
            # What is wrong with the machine, or with the state's bytes, is not the entry's fault.
            if isinstance(error, MemoryError | UnreadableError):
                raise
            raise FoldFailedError(record.offset) from error
        for result in folded:
            if isinstance(result.verdict, Refusal):
                messages.append(_set_aside(names, partition, record, result.verdict, tally))
            else:
                tally.entries[result.verdict] += 1
            messages += [_published(names, event, entry, tally) for event in result.events]
        messages += _taught(names, partition, entry, folded)
        tally.judged += judged
        tally.chances += chances
    tally.standing = standing_of(memory.shared)
    return Decision(messages, tally, _writes(memory, read, by_bucket))


def _fold(entry: Entry, memory: Memory, by_bucket: Mapping[int, set[str]]) -> Iterable[Folded]:
    event = entry.event
    if isinstance(event, UserEvent):
        # A day that passes later in this slice passes for this user too, or no more.
        if by_bucket and (members := by_bucket.get(bucket_of(event.user_id))) is not None:
            (members.discard if isinstance(event, UserErased) else members.add)(event.user_id)
        return [fold(memory.users[event.user_id].user, memory.shared, entry)]
    if isinstance(event, DayPassed):
        users = {name: memory.users[name].user for name in by_bucket[event.bucket]}
        return [folded for _, folded in pass_days(users, memory.shared, entry)]
    return [Folded((), activate(memory.shared, entry))]


def _judged(entry: Entry, shared: Shared) -> list[tuple[int, bool]]:
    """Give how sure one would be today of what users judged, and whether it was right."""
    event = entry.event
    if not isinstance(event, LessonsTaught):
        return []
    believed = shared.population.reliability.predict_one
    return [
        (round(100 * believed(answer.percent / 100, answer.weight)), answer.is_right)
        for answer in event.judged
    ]


def _published(names: Names, event: UserEvent, entry: Entry, tally: Tally) -> Message:
    tally.events[event.ce_type] += 1
    if isinstance(event, Alert):
        tally.alerts[event.rule_id, event.ce_type.split(".")[-2]] += 1
    elif isinstance(event, TransactionEnriched):
        tally.filings[event.outcome, event.reason.level] += 1
        if event.unusual is not None:
            tally.assessed[event.unusual.outcome] += 1
    attributes = attributes_of(event, entry.id, entry.recorded_at)
    topic = names.of(TOPIC_OF[type(event)])
    return Message(topic, event.user_id.encode(), event.to_json(), binary_headers(attributes))


def _taught(
    names: Names, partition: Partition, entry: Entry, folded: Sequence[Folded]
) -> Iterator[Message]:
    """Write down for all users of the partition what an entry teaches them."""
    taught = [one for result in folded for one in result.taught]
    for start in range(0, len(taught), _TAUGHT_MAX):
        lessons = LessonsTaught.of(taught[start : start + _TAUGHT_MAX])
        about = (entry.id, start)
        yield own_message(names.journal, lessons, partition.number, about, "/penstock/ledger")


def _set_aside(
    names: Names, partition: Partition, record: Record, refusal: Refusal, tally: Tally
) -> Message:
    tally.dead_letters[JOURNAL.name, refusal.code] += 1
    origin = Origin(partition.topic, partition.number, record.offset, record.timestamp)
    letter = dead_letter(names, JOURNAL, refusal, origin, record, "ledger")
    # Beside its partition, where a refold looks for what it has to skip.
    return Message(letter.topic, letter.key, letter.value, letter.headers, partition.number)


def _writes(memory: Memory, read: Read, by_bucket: Mapping[int, set[str]]) -> Writes:
    touched = sorted({*read.users, *(name for names in by_bucket.values() for name in names)})
    users = {}
    for user_id in touched:
        kept = memory.users[user_id]
        if parts := changed_parts(kept.user, kept.stored):
            users[user_id] = parts
    rows = shared_rows(memory.shared)
    changed = {name: row for name, row in rows.items() if memory.rows.get(name, GONE) != row}
    return Writes(users, changed)


def failed(offset: int) -> dict[int, Refusal]:
    """Say that the entry at an offset is to be set aside because the fold raised."""
    return {offset: Refusal(Code.FOLD_FAILED)}
