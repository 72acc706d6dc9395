"""Which day an instant is, where the user lives: over the whole tz database, gaps and all."""

import re
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from struct import calcsize, unpack_from
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.state.days import local_day
from schemas.event import Event
from schemas.ids import bucket_of
from schemas.journal import DayPassed
from schemas.preferences import Preferences, SettingsChanged
from tests.histories import BASE, USERS, histories
from tests.partition import Partition
from tests.processors.oracle import days_in, months_in

# Only for a failure: to find its smallest example may take minutes.
pytestmark = pytest.mark.timeout(600)

ZONES = tuple((files("tzdata") / "zones").read_text().split())
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_YEAR = 2050
LAST_S = int((datetime(LAST_YEAR, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
HOUR_S, DAY_S = 3_600, 86_400
_HEADER = ">4sc15x6I"
_NAME, _TIME = r"(?:[A-Za-z]+|<[^>]+>)", r"([+-]?[\d:]+)"
_RULE = rf"M(\d+)\.(\d)\.(\d)(?:/{_TIME})?"
_FOOTER = re.compile(rf"{_NAME}{_TIME}(?:{_NAME}{_TIME}?,{_RULE},{_RULE})?")

zones = st.sampled_from(ZONES)


class Clock(NamedTuple):
    """A zone as its file has it: from when on clocks are how many seconds ahead."""

    since_s: tuple[int, ...]
    ahead_s: tuple[int, ...]


@cache
def clock_of(zone: str) -> Clock:
    """Read the second block of a TZif file (RFC 8536), in which instants have 64 bits."""
    raw = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    _, _, utc, std, leaps, times, types, letters = unpack_from(_HEADER, raw)
    at = calcsize(_HEADER) + times * 5 + types * 6 + letters + leaps * 8 + std + utc
    *_, times, types, letters = unpack_from(_HEADER, raw, at)
    at += calcsize(_HEADER)
    since = unpack_from(f">{times}q", raw, at)
    which = unpack_from(f">{times}B", raw, at + times * 8)
    ahead = [unpack_from(">i", raw, at + times * 9 + own * 6)[0] for own in range(types)]
    footer = raw[at + times * 9 + types * 6 + letters + leaps * 12 + std + utc :].decode().strip()
    # What was before the first change is what its first kind of time says.
    listed = [(-(2**63), ahead[0]), *zip(since, (ahead[own] for own in which), strict=True)]
    ruled = [change for change in changes_by_rule(footer) if change[0] > listed[-1][0]]
    return Clock(*zip(*listed, *ruled, strict=True))


def changes_by_rule(footer: str) -> list[tuple[int, int]]:
    """Read the last line, a rule for the years after the last change that is listed."""
    found = _FOOTER.fullmatch(footer)
    assert found is not None, footer
    standard, summer, *rules = found.groups()
    if not rules[0]:
        return []
    ahead = -seconds_of(standard)
    ahead_in_summer = ahead + HOUR_S if summer is None else -seconds_of(summer)
    changes = []
    for year in range(1970, LAST_YEAR + 1):
        changes.append((turn_of(year, rules[:4]) - ahead, ahead_in_summer))
        changes.append((turn_of(year, rules[4:]) - ahead_in_summer, ahead))
    return sorted(changes)


def turn_of(year: int, rule: list[str | None]) -> int:
    """Say when clocks are turned, as they show it: on such a weekday of a month, or its last."""
    month, which, weekday = (int(own or 0) for own in rule[:3])
    first = date(year, month, 1)
    day = first + timedelta(days=(weekday - 1 - first.weekday()) % 7 + 7 * (which - 1))
    while day.month != month:
        day -= timedelta(days=7)
    return (day - EPOCH.date()).days * DAY_S + seconds_of(rule[3] or "2")


def seconds_of(text: str) -> int:
    """Read hours, minutes and seconds with a sign before them."""
    sizes = zip((HOUR_S, 60, 1), text.lstrip("+-").split(":"), strict=False)
    return (-1 if text[0] == "-" else 1) * sum(size * int(own) for size, own in sizes)


@st.composite
def instants(draw: st.DrawFn, zone: str) -> datetime:
    """Any second; or one near a change of the clocks; or one near midnight there."""
    clock = clock_of(zone)
    changes = [since for since in clock.since_s if 0 <= since < LAST_S]
    second = draw(st.integers(0, LAST_S - 1))
    if draw(st.booleans()) and changes:
        second = draw(st.sampled_from(changes)) + draw(st.integers(-7_200, 7_200))
    elif draw(st.booleans()):
        second += -(second + ahead_at(clock, second)) % DAY_S + draw(st.integers(-HOUR_S, 1))
    return EPOCH + timedelta(seconds=min(max(second, 0), LAST_S - 1))


def ahead_at(clock: Clock, second: int) -> int:
    return clock.ahead_s[bisect_right(clock.since_s, second) - 1]


def day_by_hand(instant: datetime, zone: str) -> date:
    """Add what the clocks there are ahead to the seconds since 1970, and count days."""
    second = int((instant - EPOCH).total_seconds())
    return EPOCH.date() + timedelta(days=(second + ahead_at(clock_of(zone), second)) // DAY_S)


@given(zone=zones, data=st.data())
def test_the_day_is_the_one_that_clocks_there_show(zone: str, data: st.DataObject) -> None:
    instant = data.draw(instants(zone))

    assert date.fromordinal(local_day(instant, zone)) == day_by_hand(instant, zone)


def test_midnights_around_every_change_of_every_clock_are_known() -> None:
    for zone in ZONES:
        clock = clock_of(zone)
        for since in clock.since_s:
            midnight = since - (since + ahead_at(clock, since)) % DAY_S
            for second in (since - 1, since, since + 1, midnight - 1, midnight, midnight + DAY_S):
                if 0 <= second < LAST_S:
                    instant = EPOCH + timedelta(seconds=second)
                    assert date.fromordinal(local_day(instant, zone)) == day_by_hand(instant, zone)


@given(zone=zones, ahead_minutes=st.integers(-14 * 60, 14 * 60), data=st.data())
def test_how_a_producer_writes_an_instant_does_not_matter(
    zone: str, ahead_minutes: int, data: st.DataObject
) -> None:
    instant = data.draw(instants(zone))
    elsewhere = instant.astimezone(timezone(timedelta(minutes=ahead_minutes)))

    assert local_day(elsewhere, zone) == local_day(instant, zone)
    assert date.fromordinal(local_day(elsewhere, None)) == elsewhere.date()


def living_in(zone: str, history: list[Event]) -> list[Event]:
    """Tell a history as if all users lived somewhere, whatever they say of it."""
    first_days = [
        DayPassed(bucket=bucket, day=BASE - timedelta(days=2))
        for bucket in sorted({bucket_of(user_id) for user_id in USERS})
    ]
    choices = [
        SettingsChanged(
            change_id="zone", user_id=user_id, revision=0, preferences=Preferences(time_zone=zone)
        )
        for user_id in USERS
    ]
    return [*first_days, *choices, *(moved_to(zone, event) for event in history)]


def moved_to(zone: str, event: Event) -> Event:
    if not isinstance(event, SettingsChanged):
        return event
    if "time_zone" not in event.preferences.model_fields_set:
        return event
    moved = event.preferences.model_copy(update={"time_zone": zone})
    return event.model_copy(update={"preferences": moved})


@settings(max_examples=settings().max_examples // 2)
@given(history=histories, one=zones, other=zones)
def test_months_and_days_are_the_same_wherever_the_user_lives(
    history: list[Event], one: str, other: str
) -> None:
    here, there = (Partition().fold_all(living_in(zone, history)) for zone in (one, other))

    for user_id in USERS:
        mine, theirs = here.user(user_id), there.user(user_id)
        assert months_in(mine) == months_in(theirs)
        assert days_in(mine) == days_in(theirs)
        assert list(mine.book.transactions()) == list(theirs.book.transactions())
