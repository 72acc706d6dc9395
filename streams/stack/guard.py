"""A small process that runs one server and does not let it outlive the process that asked for it.

It is started by its path with the standard library alone (see `processes.py`), in a session of its
own, so that neither a terminal's Ctrl-C nor a kill -9 of its parent's whole group takes it away
before it has ended the server.
"""

import os
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.1


def guard(parent: int, command: list[str]) -> int:
    """Run *command* until it ends, we are told to stop, or *parent* is gone; give its exit code."""
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    server = subprocess.Popen(command)  # noqa: S603  The stack's own command line.
    # Only we know the server's own id, so whoever wants it to crash asks us.
    signal.signal(signal.SIGUSR1, lambda *_: server.kill())
    # The parent's id, not a pipe or PR_SET_PDEATHSIG: a pipe stays open in whatever the parent
    # forked, and the signal is tied to the thread that forked, which may end long before.
    while not told and os.getppid() == parent and server.poll() is None:
        time.sleep(LOOK_EVERY_SECONDS)
    server.terminate()
    try:
        return server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


if __name__ == "__main__":
    sys.exit(guard(int(sys.argv[1]), sys.argv[2:]))
