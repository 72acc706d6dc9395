"""A server that may crash and come back, for tests and benchmarks of what others make of it."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Self

from streams.stack.processes import Server, StackError

_KEPT = range(20_000, 32_000)


def keep_ports(memory: Path, count: int) -> None:
    """Note ports in *memory* that a server can come back to, however long it was away.

    Of the others the system gives some to clients, which may even connect to themselves while they
    try to reach a server that is away; then its port is taken.
    """
    noted: set[int] = set()
    while len(noted) < count:
        noted.add(_KEPT[secrets.randbelow(len(_KEPT))])
    memory.write_text(" ".join(map(str, noted)))


class Restartable:
    """A server of our own that may be killed, and started again on its data and at its address."""

    def __init__(self, start: Callable[[], AbstractContextManager[Server]]) -> None:
        self._start = start
        self._life = ExitStack()
        self._server = self._life.enter_context(start())
        self.address = self._server.address

    def kill(self) -> None:
        """End it with kill -9; what it had not yet written is gone."""
        self._server.kill()
        self._life.close()

    def start(self) -> None:
        """Start it again where it was; StackError if somebody has taken its address."""
        self._server = self._life.enter_context(self._start())
        if self._server.address != self.address:
            self._life.close()
            raise StackError(f"{self.address} was taken while nobody answered there.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._life.close()
