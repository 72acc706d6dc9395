"""A worker's check on itself: a few users of its partitions at a time, slowly, beside its work.

It has a thread, a loop and clients of its own. What goes wrong here is logged and counted, and is
no business of the worker's.
"""

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from schemas.ids import BUCKETS
from streams.artifacts import PublishedArtifacts
from streams.log import KafkaLog
from streams.metrics import Metrics
from streams.names import Names
from streams.settings import Settings
from streams.store import RedisStore, connect

if TYPE_CHECKING:
    from streams.verify.checking import Check

USERS_AT_ONCE = 10
REST_PER_WORK = 9.0
"""It works at most a tenth of the time: the worker's own threads need the processor."""

_TURN_S = 1.0
_AFTER_FAILURE_S = 60.0

_log = structlog.get_logger("penstock.verify")


@dataclass(slots=True)
class Pace:
    """Slows a check down to so many records a second, and to a small share of the time."""

    records_a_second: int
    _worked_since: float = 0.0

    def begin(self) -> None:
        """Begin to work."""
        self._worked_since = time.monotonic()

    async def keep(self, records: int) -> None:
        """Rest from the work since the last rest, in which so many records were read."""
        worked = time.monotonic() - self._worked_since
        await asyncio.sleep(max(records / self.records_a_second, worked * REST_PER_WORK))
        self.begin()


class Sampling:
    """Takes one bucket of one partition after another, as long as the worker runs."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._pace = Pace(settings.verify_records_a_second)
        self._taken = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.partitions: Sequence[int] = ()
        """The journal partitions whose state is the worker's now; the worker keeps this true."""

    def start(self) -> None:
        """Begin, unless the settings say not to."""
        if self._settings.verify_records_a_second:
            threading.Thread(target=self._run, name="verify", daemon=True).start()

    def stop(self) -> None:
        """Tell it to end; nobody waits for it."""
        self._stopping = True
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # It has ended already.
                self._loop.call_soon_threadsafe(self._task.cancel)

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._live())

    async def _live(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        while not self._stopping:
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - Whatever it is, the worker's work goes on.
                self._metrics.verifying_failed(type(error).__name__)
                _log.warning("not verified", reason=type(error).__name__, detail=str(error)[:300])
                await asyncio.sleep(_AFTER_FAILURE_S)

    async def _look(self) -> None:
        """Look at one bucket after another, with clients that last as long as all goes well."""
        # Late, and in this thread: pandas takes a second to load, and much room.
        from streams.verify.checking import Check  # noqa: PLC0415 - The comment above says why.

        log = KafkaLog(self._settings.kafka, self._settings.group)
        store = RedisStore(connect(**self._settings.redis_connection), self._settings.group)
        try:
            names = Names(self._settings.topic_prefix)
            artifacts = PublishedArtifacts(log, names)
            check = Check(log, store, names, artifacts, self._pace.keep)
            while True:
                partitions = sorted(self.partitions)
                if not partitions or await self._sample(check, partitions):
                    await asyncio.sleep(_TURN_S)
        finally:
            await log.close()
            await store.close()

    async def _sample(self, check: "Check", partitions: Sequence[int]) -> int:
        """Look at the next bucket; gives of how many users."""
        from streams.verify.checking import Scope  # noqa: PLC0415 - As above.

        self._taken += 1
        number = partitions[self._taken % len(partitions)]
        bucket = self._taken // len(partitions) % BUCKETS
        self._pace.begin()
        checked = await check.run(number, Scope([bucket], USERS_AT_ONCE))
        await self._pace.keep(0)
        self._metrics.verified(checked.users, len(checked.differences), time.time())
        if checked.differences:
            heal = " --heal --execute" if checked.is_damaged else ""
            _log.error(
                "the state differs from the journal",
                partition=number,
                differences=len(checked.differences),
                users=len({one.user for one in checked.differences}),
                do=f"penstock verify --partition {number}{heal}",
            )
        return checked.users
