"""What tests ask of other processes: a port, a sign of life, and to be done in time."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from streams.stack.processes import ports

PAUSE_S = 0.005


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "still not so"
        time.sleep(PAUSE_S)


async def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait as `wait_until` does, and let other tasks go on."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "still not so"
        await asyncio.sleep(PAUSE_S)


def is_alive(pid: int) -> bool:
    """Say whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def free_port(home: Path) -> int:
    """Give a free port, remembered in *home*: a server that starts there again has the same."""
    home.mkdir(parents=True, exist_ok=True)
    (port,) = ports(home / "port", 1)
    return port
