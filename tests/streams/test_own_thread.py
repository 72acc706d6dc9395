"""Calls in a thread of their own: in order, with their outcome, and left behind if need be."""

import asyncio
import subprocess
import sys
import threading

import pytest

from streams.own_thread import OwnThread


def test_calls_run_one_after_another_in_one_thread_and_give_what_they_give() -> None:
    async def story() -> None:
        thread = OwnThread("own")
        threads: list[str] = []

        def call(number: int) -> int:
            threads.append(threading.current_thread().name)
            return number

        numbers = await asyncio.gather(*(thread.run(call, number) for number in range(20)))
        assert numbers == list(range(20))
        assert set(threads) == {"own"}
        with pytest.raises(ZeroDivisionError):
            await thread.run(lambda: 1 // 0)
        thread.end()

    asyncio.run(story())


def test_a_call_that_was_cancelled_before_its_turn_never_runs() -> None:
    async def story() -> None:
        thread, gate, ran = OwnThread("own"), threading.Event(), list[int]()
        first = asyncio.ensure_future(thread.run(gate.wait))
        second = asyncio.ensure_future(thread.run(ran.append, 2))
        await asyncio.sleep(0.01)
        second.cancel()
        await asyncio.sleep(0)
        gate.set()
        assert await first
        await thread.run(ran.append, 3)
        assert ran == [3]
        thread.end()

    asyncio.run(story())


def test_a_process_ends_although_a_call_does_not() -> None:
    code = """
import asyncio, threading
from streams.own_thread import OwnThread

async def story():
    thread = OwnThread("own")
    try:
        async with asyncio.timeout(0.1):
            await thread.run(threading.Event().wait)
    except TimeoutError:
        print("left behind")

asyncio.run(story())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout == "left behind\n"
