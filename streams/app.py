"""The composition root: the two agents are wired here, and nowhere else."""

import asyncio
import os
import socket
import threading
from functools import partial
from typing import Any

import faust
import structlog
from faust.web import Request, Response, View
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from models import dictionary
from streams.artifacts import PublishedArtifacts
from streams.bundles import SliceApp
from streams.checks import check_before_start
from streams.engine import Engine, Rules
from streams.garbage import collect_rarely
from streams.log import KafkaLog
from streams.metrics import Metrics
from streams.names import Names
from streams.outbox import KafkaOutbox, seal
from streams.patience import StuckError
from streams.protocols import LogError, OutboxError, Partition
from streams.settings import Settings
from streams.slot import Slot
from streams.store import RedisStore, connect
from streams.verify.sampling import Sampling

EXIT_STUCK = 70
LEAVE_WITHIN_S = 10.0
"""How long a cycle may still take once the worker is asked to end; a refold is cut short."""

LET_GO_WITHIN_S = 10.0
"""How long the clients may take after that to let go of everything; then the process just ends."""

_LOOK_AT_LAG_S = 5.0

_log = structlog.get_logger("penstock.worker")


class Worker:
    """One process: a Faust app, the engine behind its agents, and what the engine works with."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.metrics = Metrics()
        names = Names(settings.topic_prefix)
        self.app = SliceApp(
            settings.group,
            settings.kafka,
            slice_records_max=settings.slice_records_max,
            web_enabled=settings.web_port > 0,
            web_port=settings.web_port or 6066,
            web_bind=settings.web_host,
            worker_redirect_stdouts=False,
        )
        self._slot = Slot.take(settings.state_dir, settings.group, socket.gethostname())
        self._log = KafkaLog(settings.kafka, settings.group)
        self._outbox = KafkaOutbox(settings.kafka, self._slot.transactional_id, settings.group)
        self._redis = connect(**settings.redis_connection)
        store = RedisStore(self._redis, settings.group)
        rules = Rules(
            names, settings.clock, settings.cached_users_max, float(settings.stuck_after_s)
        )
        artifacts = PublishedArtifacts(self._log, names)
        self.engine = Engine(
            rules, self.app.member, self._log, store, self._outbox, artifacts, self.metrics
        )
        self._sampling = Sampling(settings, self.metrics)
        self._cycles: asyncio.Task[None] | None = None
        self._sealing: asyncio.Task[None] | None = None
        self._add_agents(names)
        self._add_hooks()
        self._add_pages()

    def _add_agents(self, names: Names) -> None:
        inputs = self.app.slice_topic(*names.inputs)
        journal = self.app.slice_topic(names.journal)

        @self.app.agent(inputs, name="intake")
        async def intake(slices: Any) -> None:
            """What producers sent becomes journal entries, or dead letters."""
            async for slice_ in slices:
                await self.engine.offer(slice_)

        @self.app.agent(journal, name="ledger")
        async def ledger(slices: Any) -> None:
            """Journal entries become state, and events for readers."""
            async for slice_ in slices:
                await self.engine.offer(slice_)

    def _add_hooks(self) -> None:
        async def assigned(partitions: frozenset[Partition]) -> None:
            self.engine.assigned(partitions)
            # Beside the group's heartbeat, which waits for this function to end.
            self._sealing = asyncio.ensure_future(self._seal_peers())

        async def revoked(partitions: frozenset[Partition]) -> None:
            self.engine.revoked(partitions)

        self.app.on_assigned(assigned)
        self.app.on_revoked(revoked)
        self.app.on_before_shutdown.connect(self._finish, weak=False)

        self.app.task(self._begin)
        self.app.timer(_LOOK_AT_LAG_S)(self._look_at_lag)

    async def _begin(self) -> None:
        """Run cycles until the worker is asked to end."""
        await self._seal_peers()
        self._cycles = asyncio.ensure_future(self._run())
        self._sampling.start()

    async def _seal_peers(self) -> None:
        """End what vanished workers of this host left open, so that nobody waits for it."""
        try:
            sealed = await self._slot.seal_peers(partial(seal, self._settings.kafka))
        except OutboxError as error:
            # The broker ends it, too, a few seconds later.
            _log.warning("peers not sealed", detail=str(error))
        else:
            if sealed:
                _log.info("sealed", transactional_ids=sealed)

    async def _look_at_lag(self) -> None:
        """Tell the metrics how far we lag, if known; Faust ends a worker whose timer fails."""
        self._sampling.partitions = self.engine.states
        try:
            await self.engine.look_at_lag()
        except LogError as error:
            _log.warning("lag is not known", detail=str(error))

    async def _run(self) -> None:
        try:
            await self.engine.run()
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                raise
            # Nothing is lost by ending here: what was not committed has not happened.
            last = (
                str(error) if isinstance(error, StuckError) else f"{type(error).__name__}: {error}"
            )
            _log.error("the worker ends itself", why=last)
            os._exit(EXIT_STUCK)

    async def _finish(self, *_: Any, **__: Any) -> None:
        """Finish the cycle that runs, so that leaving the group interrupts nothing."""
        self.engine.stop()
        self._sampling.stop()
        last_resort = threading.Timer(LEAVE_WITHIN_S + LET_GO_WITHIN_S, os._exit, [0])
        last_resort.daemon = True
        last_resort.start()
        if self._cycles is not None:
            # What is cut short has not happened, and whoever comes next makes sure of it.
            await asyncio.wait({self._cycles}, timeout=LEAVE_WITHIN_S)
            self._cycles.cancel()
        await self._outbox.close()
        await self._log.close()
        await self._redis.aclose()
        self._slot.release()
        _log.info("the worker has left")

    def _add_pages(self) -> None:
        @self.app.page("/livez")
        async def livez(view: View, _request: Request) -> Response:
            """The loop turns."""
            return view.text("ok\n")

        @self.app.page("/readyz")
        async def readyz(view: View, _request: Request) -> Response:
            """Every partition that is ours is claimed; if not, which one, and why."""
            troubles = self.engine.troubles
            return view.text("\n".join(troubles or ["ok"]) + "\n", status=503 if troubles else 200)

        @self.app.page("/metrics")
        async def metrics(view: View, _request: Request) -> Response:
            """Counters for Prometheus."""
            return view.bytes(
                generate_latest(self.metrics.registry),
                # As a header, for as an argument it may not name a charset.
                headers={"Content-Type": CONTENT_TYPE_LATEST},
            )


def run(settings: Settings) -> None:
    """Check what can be checked beforehand, then work until told to stop."""
    check_before_start(settings)
    # Before anything is claimed: no slice has to wait for them.
    dictionary.load()
    worker = Worker(settings)
    collect_rarely()
    faust.Worker(worker.app, loglevel="warning", redirect_stdouts=False).execute_from_commandline()
