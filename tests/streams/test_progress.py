"""How far something is, as it is shown on a terminal and in a file."""

from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console

from streams.cli.progress import Bar, progress


def shown(
    act: Callable[[Bar], None],
    total: int | None = 40,
    *,
    transient: bool = False,
    is_terminal: bool = False,
) -> str:
    file = StringIO()
    console = Console(file=file, force_terminal=is_terminal, width=120)
    with progress("days", total, console=console, transient=transient) as bar:
        act(bar)
    return file.getvalue()


def test_what_is_done_is_full_and_says_how_fast_it_went() -> None:
    told = shown(lambda bar: bar.reach(30, beside="7 events/s"))

    assert "40/40" in told
    assert "7 events/s" in told


def test_of_what_goes_on_by_numbers_the_rate_is_counted() -> None:
    def read_on(bar: Bar) -> None:
        for _ in range(4):
            bar.advance(10, "records")

    assert "records/s" in shown(read_on)


def test_how_many_there_are_may_be_known_late_or_never() -> None:
    assert "1/1" in shown(lambda _: None, None)
    assert "25/25" in shown(lambda bar: bar.reach(12, 25), None)


def test_a_step_is_named() -> None:
    told = shown(lambda bar: bar.step("usual plan"), 1)

    assert "usual plan" in told


def test_a_bar_that_leaves_nothing_behind_is_not_in_a_file() -> None:
    assert shown(lambda bar: bar.reach(30), transient=True) == ""
    assert "40/40" in shown(lambda bar: bar.reach(30), transient=True, is_terminal=True)


def test_what_failed_is_not_shown_as_done() -> None:
    file = StringIO()
    with (
        pytest.raises(ZeroDivisionError),
        progress("days", 40, console=Console(file=file, width=120)) as bar,
    ):
        bar.reach(40 // 0)

    assert "0/40" in file.getvalue()
