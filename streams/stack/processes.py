"""Servers as context managers: started under a guard, ready when entered, gone when left."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.errors import MendableError
from streams.stack import guard

READY_SECONDS_MAX = 90.0
LOOPBACK = "127.0.0.1"


class StackError(MendableError):
    """Kafka or Redis cannot be had here; the message says what to do."""


@dataclass(frozen=True)
class Server:
    """A server that runs: where it answers, and how to crash it."""

    address: str
    kill: Callable[[], None]


@contextmanager
def running(
    name: str, command: list[str], log: Path, answers: Callable[[], bool]
) -> Iterator[Callable[[], None]]:
    """Run *command* while the block lasts; it ends with this process, even on its kill -9.

    The block is given a function that ends it before, as a crash would.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  The stack's own command line.
            [sys.executable, "-I", guard.__file__, str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            start_new_session=True,
        )

    def kill() -> None:
        process.send_signal(signal.SIGUSR1)
        process.wait()

    try:
        _wait(name, process, log, answers)
        yield kill
    finally:
        process.terminate()
        process.wait()


def _wait(
    name: str, process: subprocess.Popen[bytes], log: Path, answers: Callable[[], bool]
) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not answers():
        if process.poll() is not None:
            raise StackError(f"{name} ended while starting. Its last words:\n{last_words(log)}")
        if time.monotonic() > deadline:
            raise StackError(
                f"{name} did not answer within {READY_SECONDS_MAX:.0f} s. "
                f"Its last words:\n{last_words(log)}"
            )
        time.sleep(0.05)


def last_words(log: Path, lines: int = 15) -> str:
    """Give the end of a log, for a message to a person."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:])


def reachable(address: str) -> bool:
    """Say whether something accepts connections at *address*, a `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=3):
            return True
    except (OSError, ValueError):
        return False


def ports(memory: Path, count: int) -> list[int]:
    """Give *count* free loopback ports: those kept in *memory* while they are free, else new ones.

    So an address that somebody exported yesterday is right today.
    """
    if memory.exists():
        kept = [int(word) for word in memory.read_text().split()]
        if len(kept) == count and all(_is_free(port) for port in kept):
            return kept
    with ExitStack() as stack:
        # Held together, so that no port is given twice.
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        new: list[int] = [each.getsockname()[1] for each in sockets]
    memory.write_text(" ".join(map(str, new)))
    return new


def _is_free(port: int) -> bool:
    with socket.socket() as attempt:
        # As the servers do: a port whose last connections are still closing counts as free.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
