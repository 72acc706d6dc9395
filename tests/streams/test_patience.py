"""What fails is tried later and later, and not for ever."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.patience import Patience, Pulse, StuckError

REASON = TimeoutError("no answer")


@given(st.lists(st.floats(0, 1), max_size=60))
def test_each_pause_is_at_least_as_long_as_the_last_and_never_more_than_two_seconds(
    delays: list[float],
) -> None:
    patience, now_s, last_s = Patience(1_000.0), 0.0, 0.0
    for delay in delays:
        pause_s = patience.failed("it", now_s, REASON) - now_s
        assert last_s - 1e-9 <= pause_s <= 2.0 + 1e-9
        now_s, last_s = now_s + pause_s + delay, pause_s


def test_each_is_on_trial_by_itself() -> None:
    patience = Patience(60.0)
    patience.failed("one", 0.0, REASON)
    assert patience.is_on_trial("one")
    assert not patience.is_on_trial("other")
    patience.succeeded("one")
    assert not patience.is_on_trial("one")


def test_what_fails_for_too_long_is_stuck_and_the_last_line_says_why() -> None:
    patience = Patience(60.0)
    patience.failed("it", 0.0, REASON)
    patience.failed("it", 60.0, REASON)
    with pytest.raises(StuckError, match="no progress for 60 s; last: TimeoutError: no answer"):
        patience.failed("it", 60.1, REASON)


def test_a_success_between_failures_is_progress() -> None:
    patience = Patience(60.0)
    patience.failed("it", 0.0, REASON)
    patience.succeeded("it")
    assert patience.failed("it", 100.0, REASON) == pytest.approx(100.05)


def test_a_step_that_never_ends_is_noticed_and_one_that_gets_on_is_not() -> None:
    async def story() -> None:
        pulse = Pulse(0.05)
        pulse.check()
        for _ in range(5):
            pulse.beat()
            await asyncio.sleep(0.02)
            pulse.check()
        await asyncio.sleep(0.05)
        with pytest.raises(StuckError, match="one step has not come to an end"):
            pulse.check()

    asyncio.run(story())
