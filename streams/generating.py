"""What a generated town leaves behind: files, records on Kafka, and counts of both."""

import csv
import hashlib
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from sample.households import Part, Town
from sample.truth import Row, TrueBalance, TrueEvent, TrueSeries, TrueTransaction
from schemas.event import UserEvent
from schemas.topics import INPUTS, TOPIC_OF, TRANSACTIONS
from schemas.transactions import TransactionImported
from streams.errors import MendableError
from streams.publisher import Publisher

Format = Literal["jsonl", "csv"]

TRUTHS: dict[type[Row], str] = {
    TrueTransaction: "transactions",
    TrueEvent: "events",
    TrueSeries: "series",
    TrueBalance: "balances",
}
"""Which file the rows of truth go to."""

_BUFFER_BYTES = 1 << 20
_PAUSE_S_MIN = 0.005


class TargetError(MendableError):
    """A folder that cannot be made."""


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a folder to fill, which gets its name once it is whole, and else is gone.

    TargetError if something is there already, or none can be made there.
    """
    target = target.absolute()
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise TargetError(f"{target} is there already; choose another, or remove it")
        partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
        partial.mkdir(parents=True)
    except OSError as error:
        raise TargetError(f"{target} cannot be written: {error.strerror}") from None
    try:
        yield partial
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


class Sink(Protocol):
    """Where a town's events and truth go."""

    def event(self, event: UserEvent, value: bytes) -> None:
        """Take an event, and its value as it travels."""
        ...

    def truth(self, row: Row) -> None:
        """Take a row of truth."""
        ...


class Table(Protocol):
    """A file of records, each given as a JSON object."""

    def add(self, value: bytes) -> None:
        """Add a record."""
        ...


class JsonLines:
    """A JSON object a line, as it travels."""

    def __init__(self, path: Path, _columns: Sequence[str], opened: ExitStack) -> None:
        self._write = opened.enter_context(path.open("wb", _BUFFER_BYTES)).write

    def add(self, value: bytes) -> None:
        """Write a line."""
        self._write(value + b"\n")


class Csv:
    """A column a field; what has members or elements stands there as JSON."""

    def __init__(self, path: Path, columns: Sequence[str], opened: ExitStack) -> None:
        file = path.open("w", _BUFFER_BYTES, encoding="utf-8", newline="")
        self._columns = columns
        self._write = csv.writer(opened.enter_context(file), lineterminator="\n").writerow
        self._write(columns)

    def add(self, value: bytes) -> None:
        """Write a row."""
        record = msgspec.json.decode(value)
        self._write([_cell(record.get(column)) for column in self._columns])


TABLES: dict[Format, type[JsonLines | Csv]] = {"jsonl": JsonLines, "csv": Csv}


class Files:
    """A folder with a file a topic and, where asked for, a file a kind of truth."""

    def __init__(self, folder: Path, format_: Format, opened: ExitStack, *, truth: bool) -> None:
        table = TABLES[format_]
        self._events: dict[type[UserEvent], Table] = {}
        for topic in INPUTS:
            for event in topic.events:
                path = folder / f"{topic.name}.{format_}"
                assert issubclass(event, UserEvent)
                self._events[event] = table(path, [*event.model_fields], opened)
        self._truths: dict[type[Row], Table] = {}
        if truth:
            (folder / "truth").mkdir()
            for row, name in TRUTHS.items():
                path = folder / "truth" / f"{name}.{format_}"
                self._truths[row] = table(path, row._fields, opened)

    def event(self, event: UserEvent, value: bytes) -> None:
        """Write an event to its topic's file."""
        self._events[type(event)].add(value)

    def truth(self, row: Row) -> None:
        """Write a row of truth to the file of its kind."""
        if self._truths:
            self._truths[type(row)].add(msgspec.json.encode(row._asdict()))


class Paced:
    """Kafka, at no more than so many transactions a second; None is as fast as it goes."""

    def __init__(self, publisher: Publisher, rate: int | None) -> None:
        self._publisher = publisher
        self._rate = rate
        self._began = time.monotonic()
        self._transactions = 0

    def event(self, event: UserEvent, value: bytes) -> None:
        """Publish an event when it is time for it."""
        if self._rate is not None and isinstance(event, TransactionImported):
            due = self._began + self._transactions / self._rate
            if (early_s := due - time.monotonic()) > _PAUSE_S_MIN:
                time.sleep(early_s)
            self._transactions += 1
        self._publisher.publish(event, value)

    def truth(self, _row: Row) -> None:
        """Keep to oneself what no producer knows."""


@dataclass(slots=True)
class Generated:
    """How much of a town has been generated so far."""

    events: Counter[str] = field(default_factory=lambda: Counter({own.name: 0 for own in INPUTS}))
    """By topic."""
    truths: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(TRUTHS.values(), 0)))
    """By kind, whether written or not."""
    _digest: Any = field(default_factory=hashlib.sha256)

    @property
    def transactions(self) -> int:
        """Say how many transactions have been published, repeats and corrections too."""
        return self.events[TRANSACTIONS.name]

    @property
    def sha256(self) -> str:
        """Give the digest over all events in order, each as it travels and a line feed."""
        return str(self._digest.hexdigest())

    def take(self, part: Part, sinks: Sequence[Sink]) -> None:
        """Hand on what is published and known on a day."""
        for event in part.events:
            value = event.to_json()
            self._digest.update(value + b"\n")
            self.events[TOPIC_OF[type(event)].name] += 1
            for sink in sinks:
                sink.event(event, value)
        for row in part.truths:
            self.truths[TRUTHS[type(row)]] += 1
            for sink in sinks:
                sink.truth(row)


def fill(town: Town, sinks: Sequence[Sink], told: Callable[[date, int], None]) -> Generated:
    """Let a town live, and hand all of it on; *told* hears of days, and transactions so far."""
    generated = Generated()
    for part in town.live():
        generated.take(part, sinks)
        told(part.day, generated.transactions)
    return generated


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else msgspec.json.encode(value).decode()
