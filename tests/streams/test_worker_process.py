import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.settings import Settings
from streams.worker_guard import parent_of
from streams.worker_process import WorkerProcess
from tests.processes import is_alive, wait_until

# Anything that goes on until it is told to end, and that needs no servers.
ENDLESS = ("http.server", "0", "--bind", "127.0.0.1")
PARENT = f"""
import time
from streams.settings import Settings
from streams.worker_process import WorkerProcess

print(WorkerProcess(Settings(), command={ENDLESS!r}).process.pid, flush=True)
time.sleep(60)
"""


def guards_of(pid: int) -> list[int]:
    """List the children of a process."""
    return [
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdigit() and parent_of(int(path.name)) == pid
    ]


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as own:
        yield own
        own.kill()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc to look into")
class TestAWorker:
    @pytest.mark.parametrize("stopped", [False, True])
    def test_does_not_outlive_who_started_it(
        self, parent: subprocess.Popen[str], *, stopped: bool
    ) -> None:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        wait_until(lambda: bool(guards_of(worker)))
        (guard,) = guards_of(worker)
        if stopped:
            os.kill(worker, signal.SIGSTOP)

        parent.kill()

        wait_until(lambda: not is_alive(worker) and not is_alive(guard))

    def test_leaves_no_guard_behind(self) -> None:
        worker = WorkerProcess(Settings(), command=ENDLESS)
        wait_until(lambda: bool(guards_of(worker.process.pid)))
        (guard,) = guards_of(worker.process.pid)

        worker.kill()

        wait_until(lambda: not is_alive(guard))


def test_a_worker_gets_our_signals_and_we_its_exit_code() -> None:
    misled = WorkerProcess(Settings(), command=("http.server", "--no-such-option"))
    told = WorkerProcess(Settings(), command=ENDLESS)
    told.process.send_signal(signal.SIGUSR1)

    assert misled.process.wait(20) == 2
    assert told.process.wait(20) == -signal.SIGUSR1
