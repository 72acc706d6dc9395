"""Made-up households through the real chain: published week by week, read back, held to truth."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from confluent_kafka import Consumer

from sample.households import Part, Town
from schemas.feedback import FeedbackGiven
from schemas.topics import INPUTS, JOURNAL, OUTPUTS
from streams.assessment import Truth
from streams.errors import MendableError
from streams.kafka_clients import client_settings
from streams.names import Names
from streams.outcome import Outcome
from streams.publisher import Publisher
from streams.settings import Settings
from streams.worker_process import WorkerProcess

_POLL_S = 0.05
_RECORDS_AT_ONCE = 2_000
_PATIENCE_S = 60.0
_QUIET_S = 1.5
_DAYS_A_WEEK = 7


class StalledError(MendableError):
    """What was published does not come out."""


class Reader:
    """Reads the outputs as a notification service would: committed records only."""

    def __init__(self, bootstrap: str, names: Names) -> None:
        self._consumer = Consumer(
            {
                **client_settings(bootstrap),
                "group.id": "penstock-demo-reader",
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )
        self._letters = {names.dead_letters(topic) for topic in (*INPUTS, JOURNAL)}
        self._consumer.subscribe([*map(names.of, OUTPUTS), *self._letters])

    def read(self, outcome: Outcome) -> int:
        """Take in what has arrived; gives how many records that were."""
        messages = self._consumer.consume(_RECORDS_AT_ONCE, _POLL_S)
        for message in messages:
            if message.error() is not None:
                continue
            if message.topic() in self._letters:
                outcome.set_aside += 1
            else:
                outcome.came(dict(message.headers() or []), message.value() or b"")
        return len(messages)

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()


@dataclass(slots=True)
class Played:
    """A town whose life has gone through the chain: what came out, and what was true."""

    town: Town
    outcome: Outcome = field(default_factory=Outcome)
    truth: Truth = field(default_factory=Truth)

    @property
    def weeks(self) -> int:
        """Say how many weeks there are to be played, a part of one too."""
        return -(-(self.town.end - self.town.start).days // _DAYS_A_WEEK)


def play(
    played: Played, settings: Settings, worker: WorkerProcess, told: Callable[[int], None]
) -> None:
    """Publish week after week, each once the week before has come out; *told* hears of each."""
    names, outcome = Names(settings.topic_prefix), played.outcome
    publisher, reader = Publisher(settings.kafka, names), Reader(settings.kafka, names)
    for number, parts in enumerate(_weeks(played.town), 1):
        # People answer what they have seen, and what is published at once arrives in any order.
        answers: list[FeedbackGiven] = []
        for part in parts:
            played.truth.take_in(part.truths)
            outcome.today = part.day
            for event in part.events:
                if isinstance(event, FeedbackGiven):
                    answers.append(event)
                    continue
                publisher.publish(event, event.to_json())
                outcome.sent(event)
        publisher.flush()
        _read_until_caught_up(reader, outcome, worker)
        for answer in answers:
            publisher.publish(answer, answer.to_json())
            outcome.sent(answer)
        publisher.flush()
        told(number)
    _read_until_quiet(reader, outcome)
    reader.close()


def _weeks(town: Town) -> Iterator[Iterable[Part]]:
    parts = town.live()
    for _, week in groupby(parts, key=lambda part: (part.day - town.start).days // _DAYS_A_WEEK):
        yield week


def _read_until_caught_up(reader: Reader, outcome: Outcome, worker: WorkerProcess) -> None:
    """Read until every transaction is out; a minute without progress is a failure."""
    deadline = time.monotonic() + _PATIENCE_S
    while not outcome.caught_up:
        worker.check()
        if reader.read(outcome):
            deadline = time.monotonic() + _PATIENCE_S
        elif time.monotonic() > deadline:
            missing = len(outcome.identities) - len(outcome.enriched)
            raise StalledError(f"{missing} transactions did not come out in a minute.")


def _read_until_quiet(reader: Reader, outcome: Outcome) -> None:
    """Read the days that pass after the last transaction, too."""
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < _QUIET_S:
        if reader.read(outcome):
            quiet_since = time.monotonic()


@dataclass(frozen=True, slots=True)
class Check:
    """A count that must add up."""

    what: str
    expected: int
    found: int

    @property
    def holds(self) -> bool:
        """Say whether it does."""
        return self.expected == self.found


def checks(outcome: Outcome) -> list[Check]:
    """Count what must be so whatever was true: each thing that went in came out, and once."""
    return [
        Check("transactions, each once", len(outcome.identities), len(outcome.enriched)),
        Check("events that came out twice", 0, outcome.repeated_ids),
        Check("records set aside", 0, outcome.set_aside),
    ]
