"""A stack that stays: `penstock up` starts it, `penstock down` ends it and nothing else.

One keeper process holds the stack as anybody would, with `local_stack`, and an exclusive lock on a
file in its folder for as long as it lives. The lock is the truth about whether it runs: the kernel
drops it with the process, so a stale file is known to be stale and a recycled process id is never
killed.
"""

import fcntl
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from streams.stack import KAFKA_VERSION, Stack, StackError, local_stack
from streams.stack.processes import last_words

# Beside the checkout, so that two checkouts have two stacks.
FOLDER = Path(__file__).parents[2] / ".penstock"
START_SECONDS_MAX = 180.0  # The first start may fetch Kafka.
STOP_SECONDS_MAX = 30.0


def start(folder: Path = FOLDER, kafka_version: str = KAFKA_VERSION) -> tuple[Stack, bool]:
    """Start the stack of a folder and leave it running; say whether it had to be started."""
    if keeper(folder) is not None:
        return _described(folder, lambda: False), False
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not _lock(folder).exists():
        # A wipe removes the folder whole, so it must hold nothing else.
        raise StackError(f"{folder} holds other things. Name an empty folder, or a new one.")
    _lock(folder).touch()
    pid = _spawn([sys.executable, "-m", __name__, str(folder), kafka_version], _output(folder))
    return _described(folder, lambda: _is_running(pid)), True


def stop(folder: Path = FOLDER, *, wipe: bool = False) -> bool:
    """End the stack of a folder and say whether there was one; its data stays unless wiped."""
    pid = keeper(folder)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        _wait(lambda: keeper(folder) is None, STOP_SECONDS_MAX, f"Process {pid} does not end.")
    if wipe and _lock(folder).exists():
        shutil.rmtree(folder)
    return pid is not None


def keeper(folder: Path) -> int | None:
    """Give the id of the process that keeps the stack of a folder, if one does."""
    named = _lock(folder)
    if not named.exists():
        return None
    with named.open("a+") as file:
        if _locked(file):
            return None  # We could have the lock, so nobody holds it.
    # Between taking the lock and writing its id, a keeper has no name for a moment.
    _wait(lambda: named.read_text().endswith("\n"), 5, f"{named} names no process.")
    return int(named.read_text())


def keep(folder: Path, kafka_version: str) -> None:
    """Hold the stack of a folder until SIGTERM; the process that does this is its keeper."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    with _lock(folder).open("a+") as file:
        # Whoever looks for a keeper holds the lock for an instant; a keeper holds it for good.
        _wait(lambda: _locked(file), 2, "Another process keeps a stack in this folder.")
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        with local_stack(kafka_version, folder) as stack:
            _describe(folder, stack)
            told.wait()
        _description(folder).unlink()


def _lock(folder: Path) -> Path:
    return folder / "keeper.pid"


def _description(folder: Path) -> Path:
    return folder / "stack.json"


def _output(folder: Path) -> Path:
    return folder / "keeper.log"


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _spawn(command: list[str], output: Path) -> int:
    """Start a process that outlives us, in a session of its own; give its id."""
    # It starts servers of its own, whatever addresses an earlier `up` had us export.
    given = {"PENSTOCK_KAFKA", "PENSTOCK_REDIS"}
    environment = {name: value for name, value in os.environ.items() if name not in given}
    return os.posix_spawn(
        command[0],
        command,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def _is_running(child: int) -> bool:
    try:
        return os.waitpid(child, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False


def _describe(folder: Path, stack: Stack) -> None:
    facts = {"kafka": stack.kafka, "redis": stack.redis, "rungs": stack.rungs}
    draft = folder / "stack.json.new"
    draft.write_text(json.dumps({"pid": os.getpid(), "logs": str(stack.logs), **facts}))
    draft.rename(_description(folder))


def _described(folder: Path, is_coming: Callable[[], bool]) -> Stack:
    """Wait for the keeper's word on where its stack answers, or for its end."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        pid = keeper(folder)
        if pid is None and not is_coming():
            raise StackError(last_words(_output(folder)) or "The stack ended while starting.")
        if _description(folder).exists():
            facts = json.loads(_description(folder).read_text())
            # One that a killed keeper left behind names another process.
            if facts.pop("pid") == pid:
                return Stack(**facts | {"logs": Path(facts["logs"])})
        time.sleep(0.05)
    raise StackError(f"No answer within {START_SECONDS_MAX:.0f} s; see {_output(folder)}.")


def _wait(holds: Callable[[], bool], seconds_max: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds_max
    while not holds():
        if time.monotonic() > deadline:
            raise StackError(otherwise)
        time.sleep(0.05)


if __name__ == "__main__":
    try:
        keep(Path(sys.argv[1]), sys.argv[2])
    except StackError as error:
        sys.exit(str(error))
