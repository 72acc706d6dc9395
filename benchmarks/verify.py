"""A town's money after a storm, held against the journal: `python -m benchmarks.verify --help`."""

import asyncio
import shutil
import sys
import tempfile
import time
from asyncio import Event
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import NamedTuple

import click
from redis import Redis

from benchmarks import options
from benchmarks.chaos.faults import FAULTS
from benchmarks.chaos.world import WORKER, World, begun
from benchmarks.reporting import Figures, Meaning, Report, quiet_libraries
from sample.dice import Dice
from sample.households import Town
from sample.truth import Row
from schemas.event import UserEvent
from streams.generating import Generated, fill
from streams.lag import LagWatch
from streams.log import KafkaLog
from streams.names import Names
from streams.protocols import LogError, Partition
from streams.publisher import Publisher
from streams.verify.checking import Checked, Scope
from streams.verify.differences import Difference
from streams.verify.verifying import Verifying

GROUP = "verify"
PARTITIONS = 8
WORKERS = 2
# What is killed first; from then on a worker every few seconds.
_FIRST = ("worker", "redis", "worker", "broker")
_PAUSE_MS = (500, 4_000)
_JOIN_S = 60.0
_GLANCE_S = 0.1
_LOOK_S = 1.0
_PATIENCE_S = 120.0
_SHOWN_MAX = 20
_OF_BYTES = frozenset({"part", "row", "unreadable"})
_STRIKES, _FLIP = 1, 2

MEANINGS = {
    "transactions": Meaning("published, repeats and corrections too"),
    "kills": Meaning("by kill -9 while they lived"),
    "published_users": Meaning("of whom anything was published"),
    "users": Meaning("whose state was held against the journal", "all"),
    "entries": Meaning("of the journal, folded and counted once more"),
    "differences": Meaning("between the state and the journal, after all that", "0"),
    "differences_by_kind.bytes": Meaning("parts and rows that another fold gives otherwise", "0"),
    "differences_by_kind.money": Meaning("figures that another count gives otherwise", "0"),
    "found_after_flip": Meaning("differences once a single bit was flipped in Redis", "at least 1"),
    "differences_after_heal": Meaning("differences once a worker made that again", "0"),
    "lived_s": Meaning("seconds from the first event until all was folded"),
    "verify_s": Meaning("seconds that holding everything against the journal took"),
}


class StalledError(Exception):
    """What was to come did not come in time."""


@click.command()
@click.option("--users", default=200, show_default=True, type=click.IntRange(1))
@click.option("--months", default=14, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True, help="Decides lives, kills and the flip.")
@click.option(
    "--seconds", default=120.0, show_default=True, help="For how long they live at least."
)
@options.as_json
def main(users: int, months: int, seed: int, seconds: float, *, as_json: bool) -> None:
    """Kill workers, Redis and the broker while a town lives; then verify all state, to the cent.

    Then a bit is flipped in Redis, which has to be found, and to be mended by healing. Starts a
    Kafka and a Redis of its own, for they are killed. Ends with 1 if any figure is not as it must
    be; then the logs are kept.

    \b
    Examples:  python -m benchmarks.verify
               python -m benchmarks.verify --users 6 --months 2 --seconds 20 --json
    """
    quiet_libraries()
    town = Town(users, months, seed)
    report = Report(f"{users} households, {months} months, seed {seed}, verified", as_json)
    place = Path(tempfile.mkdtemp(prefix="penstock-verify-"))
    wrong = ["it did not come to an end"]
    try:
        report.figures = asyncio.run(measured(town, seconds, place / "world", report))
        wrong = violations(report.figures)
    finally:
        if wrong:
            report.note(f"logs of all: {place / 'world' / 'logs'}")
        else:
            shutil.rmtree(place)
    for violation in wrong:
        report.note(violation)
    report.tell(MEANINGS)
    sys.exit(1 if wrong else 0)


def violations(figures: Figures) -> list[str]:
    """Say which figures are not as they must be."""
    users, published = figures["users"], figures["published_users"]
    found = {
        "nothing was published": not figures["transactions"],
        "nothing was killed": not figures["kills"],
        f"{users} users have a state, of {published} that were published": users != published,
        "the state differs from the journal": figures["differences"] != 0,
        "the flipped bit was not found": figures["found_after_flip"] < 1,
        "healing did not mend it": figures["differences_after_heal"] != 0,
    }
    return [said for said, is_so in found.items() if is_so]


async def measured(town: Town, seconds: float, home: Path, report: Report) -> Figures:
    """Let a town live in a storm of kills, and verify it three times; *home* is not there yet."""
    own = {"partitions": PARTITIONS, "verify_records_a_second": 0}
    with begun(home, GROUP, WORKER, **own) as world, Redis.from_url(world.redis.address) as redis:
        with report.doing("Living, folding and killing"):
            lived = await _lived(world, redis, town, seconds, report)
        with report.doing("Verifying"):
            verdict = await _verified(world, report)
        with report.doing("Flipping a bit, and verifying"):
            report.note(_flip(redis, Dice(town.seed, _FLIP)))
            flipped = await _verified(world, report)
        with report.doing("Healing, and verifying"):
            await _heal(world, redis, flipped)
            healed = await _verified(world, report)
        await world.leave()
    return {
        "transactions": lived.transactions,
        "kills": lived.kills.total(),
        "kills_by_kind": dict(lived.kills),
        "published_users": lived.users,
        "users": sum(own.users for own in verdict.checked),
        "entries": sum(own.records for own in verdict.checked),
        "differences": len(verdict.differences),
        "differences_by_kind": verdict.by_kind,
        "found_after_flip": len(flipped.differences),
        "differences_after_heal": len(healed.differences),
        "lived_s": round(lived.seconds, 1),
        "verify_s": round(verdict.seconds, 1),
    }


# The lives, and the storm meanwhile.


@dataclass(slots=True)
class Published:
    """Kafka, as a sink of a town's events; notes whose they are."""

    publisher: Publisher
    users: set[str] = field(default_factory=set)

    def event(self, event: UserEvent, value: bytes) -> None:
        """Publish an event."""
        self.publisher.publish(event, value)
        self.users.add(event.user_id)

    def truth(self, _row: Row) -> None:
        """Keep to oneself what no producer knows."""


class Lived(NamedTuple):
    """A town whose life is published and folded, and what was killed meanwhile."""

    users: int
    transactions: int
    kills: Counter[str]
    seconds: float


async def _lived(world: World, redis: Redis, town: Town, seconds: float, report: Report) -> Lived:
    """Publish a town's life while workers fold it and are killed; ends when all is folded."""
    for _ in range(WORKERS):
        world.hire()
    for worker in world.workers:
        await worker.until_joined(_JOIN_S)
    began, is_over, kills = time.monotonic(), Event(), Counter[str]()
    sink = Published(Publisher(world.settings.kafka, Names(world.settings.topic_prefix)))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_storm(world, redis, town.seed, is_over, kills))
        generated = await asyncio.to_thread(_publish, town, sink, seconds, report)
        await _until_folded(world, report)
        is_over.set()
    # The last kill may have come after that, and what it took is made again.
    await _until_folded(world, report)
    return Lived(len(sink.users), generated.transactions, kills, time.monotonic() - began)


def _publish(town: Town, sink: Published, seconds: float, report: Report) -> Generated:
    """Publish day after day, evenly over the seconds: so the kills meet a short life, too."""
    began, day_s = time.monotonic(), seconds / (town.end - town.start).days

    def wait(day: date, transactions: int) -> None:
        due = began + ((day - town.start).days + 1) * day_s
        time.sleep(max(0.0, due - time.monotonic()))
        if day.day == 1:
            report.note(f"{day}: {transactions:,} transactions published")

    generated = fill(town, [sink], wait)
    sink.publisher.flush()
    return generated


async def _storm(
    world: World, redis: Redis, seed: int, is_over: Event, kills: Counter[str]
) -> None:
    """Kill something a few seconds after work has gone on again, until it is over.

    Killed any sooner, workers would hardly ever work: a group waits eight seconds for its dead.
    """
    for number, kind in enumerate(chain(_FIRST, repeat("worker"))):
        dice, before = Dice(seed, _STRIKES, number), _watermarks(redis)
        while not is_over.is_set() and _watermarks(redis) == before:  # noqa: ASYNC110  No event tells.
            await asyncio.sleep(_GLANCE_S)
        await asyncio.sleep(dice.between(*_PAUSE_MS) / 1_000)
        if is_over.is_set():
            return
        await FAULTS[kind][f"{kind}_killed"](world, dice, partial(kills.update, [kind]))


async def _until_folded(world: World, report: Report) -> None:
    """Wait until nothing waits: no input, and no entry, so that the last days have passed, too."""
    log, names = KafkaLog(world.settings.kafka, GROUP), Names(world.settings.topic_prefix)
    watch = LagWatch(log)
    # In this order, because what takes an input in writes the entry of it.
    places = [
        Partition(topic, number)
        for topic in (*names.inputs, names.journal)
        for number in range(PARTITIONS)
    ]
    least, deadline = sys.maxsize, time.monotonic() + _PATIENCE_S
    try:
        while left := await _waiting(log, watch, places):
            world.require_well()
            if left < least:
                report.note(f"{left:,} records wait")
                least, deadline = left, time.monotonic() + _PATIENCE_S
            elif time.monotonic() > deadline:
                raise StalledError(f"{left} records wait, and nothing comes of them")
            await asyncio.sleep(_LOOK_S)
    finally:
        await log.close()


async def _waiting(log: KafkaLog, watch: LagWatch, places: Sequence[Partition]) -> int:
    """Count what waits; as long as a broker that has just come back cannot say, that is a lot."""
    try:
        return sum([await watch.records(own, await log.committed(own) or 0) for own in places])
    except LogError:
        return sys.maxsize


# What is verified, damaged and healed.


class Verdict(NamedTuple):
    """What holding all partitions against the journal gave, and how long it took."""

    checked: Sequence[Checked]
    seconds: float

    @property
    def differences(self) -> list[Difference]:
        """List what differs, of all partitions."""
        return [one for own in self.checked for one in own.differences]

    @property
    def by_kind(self) -> Figures:
        """Count what differs in bytes, and in money."""
        in_bytes = sum(one.what in _OF_BYTES for one in self.differences)
        return {"bytes": in_bytes, "money": len(self.differences) - in_bytes}


async def _verified(world: World, report: Report) -> Verdict:
    """Hold every partition against the journal, as `penstock verify` does."""
    verifying, began = Verifying(world.settings), time.monotonic()
    try:
        checked = await verifying.check(verifying.partitions, Scope(), _go_on)
    finally:
        await verifying.close()
    verdict = Verdict(checked, time.monotonic() - began)
    for one in verdict.differences[:_SHOWN_MAX]:
        report.note(" | ".join(one))
    return verdict


async def _go_on(_records: int) -> None:
    """Hear how far a check is, and say nothing."""


def _flip(redis: Redis, dice: Dice) -> str:
    """Flip a bit of a part of some user; says where."""
    key = dice.one_of(sorted(redis.scan_iter(f"{{{GROUP}:*}}:user:*", count=1_000)))
    name = dice.one_of(sorted(redis.hkeys(key)))
    part = redis.hget(key, name)
    assert isinstance(part, bytes)
    at, flipped = dice.below(len(part)), bytearray(part)
    flipped[at] ^= 1 << dice.below(8)
    redis.hset(key, name, bytes(flipped))
    return f"flipped a bit of {key!r} {name!r}, at {at} of {len(part)}"


async def _heal(world: World, redis: Redis, verdict: Verdict) -> None:
    """Empty what is damaged, and wait until a worker has made it again."""
    before = _watermarks(redis)
    verifying = Verifying(world.settings)
    try:
        await verifying.heal([own.partition for own in verdict.checked if own.is_damaged])
    finally:
        await verifying.close()
    deadline = time.monotonic() + _PATIENCE_S
    while _watermarks(redis) != before:
        world.require_well()
        if time.monotonic() > deadline:
            raise StalledError("no worker made the state again")
        await asyncio.sleep(_LOOK_S)


def _watermarks(redis: Redis) -> list[object]:
    """Read where each partition's state stands."""
    return [redis.hget(f"{{{GROUP}:{own}}}:meta", "watermark") for own in range(PARTITIONS)]


if __name__ == "__main__":
    main()
