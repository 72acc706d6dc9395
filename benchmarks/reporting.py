"""What a benchmark tells: a table for people, or one JSON object for programs."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from streams import logs
from streams.settings import Settings

Figures = dict[str, Any]
"""Figures by name; a group of them is a dict of its own."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a figure says, and the goal that it is held against, if there is one."""

    says: str
    goal: str = ""


@dataclass(slots=True)
class Report:
    """Where a benchmark speaks: progress goes to standard error, results to standard output."""

    title: str
    as_json: bool
    figures: Figures = field(default_factory=dict)
    _console: Console = field(default_factory=lambda: Console(stderr=True))

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Show that something is under way."""
        with self._console.status(what):
            yield
        self.note(f"{what}: done")

    def note(self, line: str) -> None:
        """Say one thing in passing."""
        self._console.print(f"[dim]{line}[/dim]", highlight=False)

    def tell(self, meanings: Mapping[str, Meaning]) -> None:
        """Print the figures, the machine and the build they are of."""
        if self.as_json:
            sys.stdout.write(json.dumps({**self.figures, "machine": machine()}) + "\n")
            return
        table = Table("figure", "", "goal", "meaning", title=self.title)
        table.columns[0].no_wrap = True
        table.columns[1].justify = "right"
        for name, figure in flat(self.figures):
            meaning = meanings.get(name, Meaning(""))
            table.add_row(name, _shown(figure), meaning.goal, meaning.says)
        console = Console()
        console.print(table)
        tell_machine(console)


def machine() -> Figures:
    """Say on what, and on which build, something was measured."""
    return {
        "cores": os.cpu_count(),
        "load_1m": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "commit": _commit(),
    }


def tell_machine(console: Console) -> None:
    """Say below a table on what, and on which build, it was measured."""
    facts = "  ".join(f"{name} {fact}" for name, fact in machine().items())
    console.print(facts, style="dim", highlight=False)


def quiet_libraries() -> None:
    """Let a benchmark's own process log errors only; its workers have logs of their own."""
    logs.configure(Settings(log_level="error"))


def middle(measured: list[float], digits: int = 1) -> float:
    """Give the median, rounded for people."""
    return round(median(measured), digits)


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    done = subprocess.run(  # noqa: S603  Our own command line.
        [git, "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give the figures of all groups, each named by its group and its own name."""
    for name, figure in figures.items():
        if isinstance(figure, Mapping):
            yield from flat(figure, f"{prefix}{name}.")
        else:
            yield prefix + name, figure


def _shown(figure: object) -> str:
    if isinstance(figure, float):
        return f"{figure:,.2f}" if abs(figure) < 1_000 else f"{figure:,.0f}"
    return f"{figure:,}" if isinstance(figure, int) else str(figure)
