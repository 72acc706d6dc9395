"""Becomes a worker, and leaves behind who does not let it outlive the process that asked for it.

It is started by its path with the standard library alone (see `worker_process.py`). The worker has
the process id and the exit code that its parent knows, so any signal goes to it as it is.
"""

import os
import signal
import sys
import time
from pathlib import Path

LOOK_EVERY_SECONDS = 0.2


def become(parent: int, command: list[str]) -> None:
    """Run *command* in the place of this process, watched from a process of its own."""
    worker = os.getpid()
    # Where there is no /proc, nobody can see whose child another process is.
    if Path("/proc/self/stat").exists() and os.fork() == 0:
        watch(parent, worker)
        os._exit(0)
    os.execv(command[0], command)  # noqa: S606  Our own program.


def watch(parent: int, worker: int) -> None:
    """Kill the worker if it becomes another's child than *parent*'s; be its child until it ends.

    Not asked to end, for it may be stopped; to be killed is nothing that a worker minds.
    """
    os.setsid()  # Neither a terminal's Ctrl-C nor a kill of the whole group takes us away first.
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(silence, stream)  # Who waits for the worker's output to end waits for no other.
    while os.getppid() == worker and parent_of(worker) == parent:
        time.sleep(LOOK_EVERY_SECONDS)
    # While we are its child, nobody else can have its id.
    if os.getppid() == worker:
        os.kill(worker, signal.SIGKILL)


def parent_of(process: int) -> int:
    """Give the id of a process's parent, or 0 if there is no such process."""
    try:
        facts = Path(f"/proc/{process}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # The name of the program comes before, in brackets, and may hold anything.
    return int(facts.rpartition(")")[2].split()[1])


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
