"""A thread for a client that blocks: calls run in it one by one, and the loop never waits."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
T = TypeVar("T")


class OwnThread:
    """One thread, and the calls that wait for it.

    Whoever gives it up in the middle of a call leaves it behind: the process's end does not wait
    for it, as it does for the threads of a pool.
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    async def run(
        self,
        call: Callable[Arguments, T],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> T:
        """Run a call after all that wait, and give what it gives; cancelled, it may still run."""
        future: Future[T] = Future()
        self._calls.put((future, partial(call, *arguments, **named)))
        return await asyncio.wrap_future(future)

    def end(self) -> None:
        """Let the thread end after the calls that wait."""
        self._calls.put(None)

    def _work(self) -> None:
        while (waiting := self._calls.get()) is not None:
            future, call = waiting
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 - Whatever it is, it is the caller's.
                future.set_exception(error)
            else:
                future.set_result(result)
            del waiting, future, call  # A thread that rests keeps nothing alive.
