"""A generated town through the real chain, in process: two ways to count give the same."""

import asyncio

from benchmarks.in_process import NAMES, InProcess, taken_in
from benchmarks.workload import recorded
from sample.households import Town
from schemas.ids import BUCKETS, bucket_of
from streams.artifacts import GivenArtifacts
from streams.log import LogRecord
from streams.protocols import Peeked
from streams.verify.comparing import Comparing
from streams.verify.differences import Difference
from tests.streams.verify.lives import OURS, PLACE

USERS, MONTHS, SEED = 10, 4, 1


def lived() -> tuple[InProcess, list[LogRecord]]:
    """Give the chain, and all that its journal holds."""
    chain, journal = InProcess(), list[LogRecord]()
    for part in Town(USERS, MONTHS, SEED).live():
        records, _ = taken_in(map(recorded, part.events))
        for own in (*chain._waiting, *records):
            journal.append(LogRecord(len(journal), 0, own.key, own.value, own.headers))
        chain.fold(records)
    return chain, journal


def test_a_town_is_counted_to_the_cent() -> None:
    chain, journal = lived()
    comparing = Comparing(NAMES, PLACE, {}, GivenArtifacts())
    asyncio.run(comparing.take(journal))
    differences: list[Difference] = []
    for bucket in range(BUCKETS):
        users = {
            user: kept.stored
            for user, kept in chain.memory.users.items()
            if bucket_of(user) == bucket
        }
        peeked = Peeked(len(journal), OURS, users, chain.memory.rows)
        for found in (*comparing.users(bucket, peeked), list(comparing.rows(peeked))):
            differences += found
    assert len(comparing.recount.users) == USERS
    assert differences == []
