"""A slice as a whole: what it asks for at once, and what it writes down for all to learn."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from models.artifact import Artifact
from models.features import Row
from schemas.event import Event
from schemas.feedback import AboutCategory, FeedbackGiven
from schemas.journal import LessonsTaught, ModelActivated
from schemas.topics import JOURNAL
from streams.codecs import GONE, decode_shared, every_shared_row
from streams.decision import Decision
from streams.folding import Memory, failed, fold_slice, read_slice
from streams.log import LogRecord
from streams.names import Names
from streams.protocols import Message, Partition, Parts
from tests.processors.household import CURRENT, NAME, paid, said
from tests.streams.written_log import journal_of
from tests.tiny_artifacts import FIRST, named

PLACE = Partition(JOURNAL.name, 0)
MARCH_14 = date(2025, 3, 14)
COFFEE = "dining.coffee"


class Counted(Artifact):
    """An artifact that notes of how many payments it is asked at once."""

    asked: ClassVar[list[int]] = []

    def weigh_many(self, rows: Sequence[Row]) -> list[tuple[int, ...]]:
        self.asked.append(len(rows))
        return super().weigh_many(rows)


def folded(memory: Memory, records: Sequence[LogRecord], skipped: Sequence[int] = ()) -> Decision:
    """Fold records as one slice."""
    refusals = {offset: own for each in skipped for offset, own in failed(each).items()}
    read = read_slice(records, refusals)
    memory.add({user: {} for user in memory.missing(read.users)})
    decision = fold_slice(Names(), PLACE, read, memory, {})
    assert decision.writes is not None
    memory.written(decision.writes)
    return decision


def label(transaction_id: str, category: str = COFFEE, revision: int = 1) -> FeedbackGiven:
    about = AboutCategory(
        kind="category",
        verdict="set",
        account_id=CURRENT,
        transaction_id=transaction_id,
        category=category,
    )
    return FeedbackGiven(feedback_id="f", user_id=NAME, revision=revision, about=about)


def taught(decision: Decision) -> list[Message]:
    """Give the lessons on categories that a slice writes to its own journal."""
    written = [own for own in decision.messages if own.topic == JOURNAL.name]
    return [own for own in written if LessonsTaught.from_json(own.value or b"").lessons]


def test_an_artifact_is_asked_once_for_all_that_a_slice_brings() -> None:
    counted = Counted(FIRST.labels, FIRST.reading, FIRST.weights, FIRST.bias, FIRST.exponentials)
    memory = Memory({}, 10)
    memory.shared.artifacts = {named(FIRST).sha256: counted}
    folded(memory, journal_of([ModelActivated(**named(FIRST)._asdict())]))
    payments: list[Event] = [
        paid(100 * number, MARCH_14, f"t{number}", description=f"The Shop of Number{number}")
        for number in range(1, 21)
    ]
    folded(memory, journal_of([*payments, *payments[:3]]))
    assert counted.asked == [len(payments)]


def test_a_label_is_written_down_for_all_and_counts_only_once_it_comes_back() -> None:
    memory = Memory({}, 10)
    events: list[Event] = [paid(350, MARCH_14, "t", description="Blue Lantern"), label("t")]
    (message,) = taught(folded(memory, journal_of(events)))
    assert (message.key, message.partition) == (None, PLACE.number)
    assert memory.rows.keys() == {"days", "activated"}

    comes_back = LogRecord(2, 0, message.key, message.value, message.headers)
    assert taught(folded(memory, [comes_back])) == []
    counts = Memory(memory.rows, 10).shared.population.of("blue lantern")
    assert counts is not None
    assert counts.keys() == {COFFEE}


def test_a_row_that_nothing_is_left_in_is_removed_from_the_store() -> None:
    #  "coffee"      comes back        "forget that"     comes back
    #              a row of merchants                    no row: nothing shows that there was one
    memory = Memory({}, 10)
    events: list[Event] = [paid(350, MARCH_14, "t", description="Blue Lantern"), label("t")]
    for spoken, is_there in ((events, True), ([said("t", "withdrawn", revision=2)], False)):
        (lesson,) = taught(folded(memory, journal_of(spoken)))
        back = LogRecord(9, 0, lesson.key, lesson.value, lesson.headers)
        decision = folded(memory, [back])

        assert decision.writes is not None
        ((row, written),) = merchants_of(decision.writes.shared).items()
        assert (written != GONE) is is_there
        assert (row in memory.rows) is is_there
        assert every_shared_row(decode_shared(memory.rows)) == every_shared_row(memory.shared)
    assert not merchants_of(every_shared_row(memory.shared))


def merchants_of(rows: Parts) -> Parts:
    """Give the rows of merchants among what is shared."""
    return {name: row for name, row in rows.items() if name.startswith("merchants:")}


def test_a_repeat_a_refusal_and_what_is_skipped_teach_nothing() -> None:
    memory = Memory({}, 10)
    events: list[Event] = [
        paid(350, MARCH_14, "t", description="Blue Lantern"),
        label("t"),
        label("t"),
        label("unheard-of"),
        label("t", "no.such", revision=2),
        label("t", "shopping.other", revision=3),
    ]
    assert len(taught(folded(memory, journal_of(events), skipped=[5]))) == 1
