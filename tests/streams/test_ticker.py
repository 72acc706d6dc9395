"""When a day is over, and for whom it is written."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.state.shared import Days, Shared
from streams.names import Names
from streams.protocols import LogError
from streams.ticker import Clock, Ticker

MONDAY = date(2026, 3, 2)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)
"""When Monday is over."""


class Intake:
    """As much of a log as a ticker asks for."""

    def __init__(self, *, is_done: bool | None) -> None:
        self.is_done, self.asked = is_done, 0

    async def has_taken_in(self, _topics: Sequence[str], _before_ms: int) -> bool:
        self.asked += 1
        if self.is_done is None:
            raise LogError("the broker does not answer")
        return self.is_done


def days(*days_: tuple[datetime, bool | None], clock: Clock = "wall") -> list[date | None]:
    """Look at each instant, intake being done or not; give the newest day that is over then."""
    intake, instants = Intake(is_done=False), iter(instant for instant, _ in days_)
    ticker = Ticker(clock, Names(), intake, lambda: next(instants))  # type: ignore[arg-type] # It is enough of one.
    seen: list[date | None] = []
    for instant, is_done in days_:
        intake.is_done = is_done
        asyncio.run(ticker.look())
        shared = Shared(Days({3: MONDAY.toordinal() - 30}))
        told = ticker.messages(0, shared, ms(instant + timedelta(days=9)), {})
        body = told[0].value if told else None
        seen.append(date.fromisoformat(body.decode().split('"day":"')[1][:10]) if body else None)
    return seen


def ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1_000)


def test_a_day_is_over_as_soon_as_all_that_was_sent_on_it_is_taken_in() -> None:
    assert days((MIDNIGHT - timedelta(seconds=1), True)) == [MONDAY - timedelta(days=1)]
    assert days((MIDNIGHT, True)) == [MONDAY]


@pytest.mark.parametrize("intake", [False, None])
def test_else_six_hours_later(intake: bool | None) -> None:  # noqa: FBT001 - A case.
    before = MIDNIGHT + timedelta(hours=5, minutes=59)
    assert days((before, intake)) == [MONDAY - timedelta(days=1)]
    assert days((before, intake), (MIDNIGHT + timedelta(hours=6), intake))[-1] == MONDAY


def test_the_log_is_asked_now_and_then_only() -> None:
    intake = Intake(is_done=False)
    at = [MIDNIGHT + timedelta(seconds=second) for second in (0, 1, 2, 6)]
    instants = iter(at)
    ticker = Ticker("wall", Names(), intake, lambda: next(instants))  # type: ignore[arg-type] # It is enough of one.
    for _ in at:
        asyncio.run(ticker.look())
    assert intake.asked == 2


@given(
    newest=st.integers(-40, 40),
    booked=st.integers(-40, 40),
    clock=st.sampled_from(["wall", "data"]),
)
def test_no_day_is_written_that_is_still_to_come_by_the_broker_s_clock(
    newest: int, booked: int, clock: Clock
) -> None:
    intake = Intake(is_done=True)
    ticker = Ticker(clock, Names(), intake, lambda: MIDNIGHT)  # type: ignore[arg-type] # It is enough of one.
    asyncio.run(ticker.look())
    last = MONDAY.toordinal() - 50
    shared = Shared(Days({3: last, 9: last}, MONDAY.toordinal() + booked))
    broker = MIDNIGHT + timedelta(days=newest)
    written: dict[int, int] = {}

    told = ticker.messages(0, shared, ms(broker), written)

    assert {message.partition for message in told} <= {0}
    own = MONDAY.toordinal() if clock == "wall" else MONDAY.toordinal() + booked - 1
    expected = min(own, broker.toordinal())
    assert written == {3: expected, 9: expected}
    assert not ticker.messages(0, shared, ms(broker), written)  # Nothing is written twice.


def test_time_passes_for_nobody_where_nobody_is() -> None:
    ticker = Ticker("data", Names(), Intake(is_done=True), lambda: MIDNIGHT)  # type: ignore[arg-type] # It is enough of one.
    assert ticker.messages(0, Shared(), ms(MIDNIGHT), {}) == []


def test_no_day_is_over_while_the_broker_s_time_is_not_known() -> None:
    # Else the first day would be one of 1970, and the next a jump of twenty thousand days.
    ticker = Ticker("data", Names(), Intake(is_done=True), lambda: MIDNIGHT)  # type: ignore[arg-type] # It is enough of one.
    shared = Shared(Days({3: 0}, MONDAY.toordinal()))
    assert ticker.messages(0, shared, 0, {}) == []
    assert len(ticker.messages(0, shared, ms(MIDNIGHT), {})) == 1
