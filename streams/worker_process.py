"""A worker in a process of its own: for the demo, tests and benchmarks."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from streams import worker_guard
from streams.errors import MendableError
from streams.settings import Settings, environment

_LEAVE_S = 30.0


class WorkerEndedError(MendableError):
    """A worker ended that should have gone on, or did not end when asked to."""


class WorkerProcess:
    """A worker that runs beside us, with settings of its own; it speaks to *log*, else as we do.

    It ends with this process, even on its kill -9.

    *command* names another module than the product's, as benchmarks do. On SIGABRT its last words
    are where each of its threads stands.
    """

    def __init__(
        self,
        settings: Settings,
        log: Path | None = None,
        command: Sequence[str] = ("streams.cli", "worker"),
    ) -> None:
        with nullcontext() if log is None else log.open("ab") as output:
            guard = [sys.executable, "-I", worker_guard.__file__, str(os.getpid())]
            self.process = subprocess.Popen(  # noqa: S603 - Our own programs.
                [*guard, sys.executable, "-X", "faulthandler", "-m", *command],
                env=environment(settings),
                stdout=output,
                stderr=output,
            )

    def check(self) -> None:
        """Make sure that it still runs."""
        if self.process.poll() is not None:
            raise WorkerEndedError(f"The worker ended early, with {self.process.returncode}.")

    def kill(self) -> None:
        """End it without warning."""
        self.process.kill()
        self.process.wait(_LEAVE_S)

    def stop(self) -> int:
        """Ask it to end, as an orchestrator would; gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise WorkerEndedError(f"The worker did not end within {_LEAVE_S:.0f} s.") from None


@contextmanager
def running_worker(settings: Settings, log: Path | None = None) -> Iterator[WorkerProcess]:
    """Run a worker, and let it finish its cycle and leave in the end."""
    worker = WorkerProcess(settings, log)
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.stop()
