"""A town of households that earn, pay, save and run short, day by day, with the truth beside.

A seed and a household's number decide its whole life, so it is the same among 5 and among 5,000.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sample.births import Circumstances, born
from sample.days import ONE_DAY, on_day
from sample.filing import AS_BUILT_IN, Filing
from sample.household import Household, Shock
from sample.truth import Row, TrueTransaction
from schemas.event import UserEvent

_YEARS = (1975, 2095)


@dataclass(frozen=True, slots=True)
class Part:
    """What is published on a day, in order, by some of the households; days come in order."""

    day: date
    events: tuple[UserEvent, ...]
    truths: tuple[Row, ...]
    """What is known to be true since then; a row for each transaction, when its fate is known."""


@dataclass(frozen=True, slots=True)
class Town:
    """Who lives, how long, and what happens to all of them."""

    users: int
    months: int
    seed: int
    start: date = date(2025, 1, 1)
    shock: Literal["inflation", "job-loss"] | None = None
    filing: Filing = AS_BUILT_IN
    imports: bool = True
    """Whether some households come with years that are imported when they join."""

    def __post_init__(self) -> None:
        if self.start.day != 1:
            raise ValueError(f"start should be the first of a month, not {self.start}")
        # Histories begin years before, and both must have dates that the wire accepts.
        if not (_YEARS[0] <= self.start.year and self.end.year <= _YEARS[1]):
            raise ValueError(f"years should lie between {_YEARS[0]} and {_YEARS[1]}")

    @property
    def end(self) -> date:
        """Give the day after the last."""
        return on_day(self.start.year, self.start.month + self.months, 1)

    def live(self) -> Iterator[Part]:
        """Give all that is published, day by day; a first import of years is a part of its own."""
        shock = Shock(self.shock, self._middle) if self.shock else None
        town = Circumstances(self.seed, self.start, self.end, shock, self.filing, self.imports)
        homes = [born(number, town) for number in range(1, self.users + 1)]
        today = self.start
        while today < self.end:
            events: list[UserEvent] = []
            truths: list[Row] = []
            for home in homes:
                if home.joins_on == today:
                    yield from self._history(home)
                if home.joins_on <= today:
                    events += home.live(today)
                    truths += self._filed(home.truths())
            yield Part(today, tuple(events), tuple(truths))
            today += ONE_DAY
        yield Part(
            self.end - ONE_DAY, (), tuple(row for home in homes for row in home.last_truths())
        )

    @property
    def _middle(self) -> date:
        return on_day(self.start.year, self.start.month + self.months // 2, 1)

    def _history(self, home: Household) -> Iterator[Part]:
        """Live the years before a household joined; all of it is imported on the day of joining."""
        day, month = home.start, home.start.month
        events: list[UserEvent] = []
        while day < home.joins_on:
            events += home.live(day, loaded_on=home.joins_on)
            day += ONE_DAY
            if day.month != month:
                month = day.month
                yield Part(home.joins_on, tuple(events), self._filed(home.truths()))
                events = []
        yield Part(home.joins_on, tuple(events), self._filed(home.truths()))

    def _filed(self, rows: list[Row]) -> tuple[Row, ...]:
        if self.filing is AS_BUILT_IN:
            return tuple(rows)
        return tuple(
            row._replace(category=self.filing.of(row.category))
            if isinstance(row, TrueTransaction)
            else row
            for row in rows
        )
