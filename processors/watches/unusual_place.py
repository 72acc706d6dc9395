"""Find payments where the user has not been, or cannot be by now."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from babel.core import get_global

from processors.state.family import standing
from processors.state.notes import UnusualPlace
from processors.state.view import View
from processors.state.watching import Finding, Found, Presence, Sight, Watching

RULE = "unusual_place"
KNOWN_LEAST = 10
"""With fewer payments that tell their country, it is not known where home is."""
COUNTRIES_MAX = 24
FORGOTTEN_DAYS = 400
NOTED_DAYS = 30
"""The memory of a country need not be younger than this; so it seldom has to be written."""
TRIP_DAYS = 3
"""Who is told of one strange country need not be told of the next on the same way."""
MINUTES_MOST = 600
_IN_PERSON = frozenset({"card", "cash"})
_FROM_AFAR = frozenset(
    {
        *("shopping.online", "shopping.electronics", "services.memberships", "unknown.unknown"),
        *("entertainment.games", "entertainment.streaming", "entertainment.other"),
        *("entertainment.gambling", "services.business", "giving.charity", "utilities.phone"),
    }
)
"""What is bought from anywhere; of what is not known at all, nobody can say where it was."""
_SOLD_ONLINE = frozenset(
    {"4816", "5815", "5816", "5817", "5818", "5964", "5967", "5968", "5969", "7273", "7995"}
)
_FOR_TRAVEL = frozenset(
    {"4411", "4511", "4582", "4722", "7011", "7012", "7032", "7033", "7512", "7513"}
) | {str(code) for code in range(3000, 4000)}
"""Whoever books a way or a bed is not there yet, and may be expected there soon."""


def unusual_place(section: Watching, view: View, sight: Sight) -> Found | None:
    """Take note of where a payment was made, and find whether that is strange."""
    payment, cold = sight.payment, section.cold
    if not payment.country or payment.kind not in _IN_PERSON or _is_from_afar(sight):
        return None
    usual = tuple(sorted(cold.countries, key=lambda name: (-cold.countries[name], name)))
    is_known = cold.placed >= KNOWN_LEAST
    is_new = _learn(section, payment.country, payment.booked_on) and is_known
    before = _move(section, sight)
    if not sight.speaks or _is_for_travel(sight):
        return None
    if is_new and _is_on_the_way(section, payment.booked_on):
        return None
    note = UnusualPlace(payment.identity, payment, usual, is_new)
    if before is not None and sight.minute is not None:
        other = standing(before.identity, view.user.book.find)
        if other is not None:
            minutes = abs(sight.minute - before.minute)
            note = replace(note, far_from=before.country, minutes=minutes, other=other)
    return Found(note, _finding(note)) if is_new or note.other is not None else None


def _finding(note: UnusualPlace) -> Finding:
    payment = note.payment
    also = [note.other.identity] if note.other is not None and not note.is_new else []
    members = [*also, payment.identity]
    return Finding(
        rule_id=RULE,
        key=note.key,
        members=members,
        day=payment.booked_on,
        least=len(members),
    )


def _is_from_afar(sight: Sight) -> bool:
    if sight.payment.kind == "cash":
        return False
    if sight.mcc in _SOLD_ONLINE:
        return True
    return sight.payment.category in _FROM_AFAR and not sight.city


def _is_for_travel(sight: Sight) -> bool:
    """Say whether somebody is about to travel: a bed may be booked from anywhere."""
    return sight.payment.category.startswith("travel.") or sight.mcc in _FOR_TRAVEL


def _learn(section: Watching, country: str, day: int) -> bool:
    """Take note of a country; say whether nobody was there for as long as is remembered."""
    cold = section.cold
    if cold.placed < KNOWN_LEAST:
        section.change_cold().placed += 1
    known = cold.countries.get(country)
    if known is None or day - known >= NOTED_DAYS:
        countries = section.change_cold().countries
        countries[country] = day
        if len(countries) > COUNTRIES_MAX:
            del countries[min(countries, key=lambda name: (countries[name], name))]
    return known is None or day - known > FORGOTTEN_DAYS


def _is_on_the_way(section: Watching, day: int) -> bool:
    return any(abs(own.day - day) <= TRIP_DAYS for own in section.cold.of_rule(RULE))


def _move(section: Watching, sight: Sight) -> Presence | None:
    """Take note of where the user is; give where they were too shortly before to be here now."""
    before, minute, payment = section.hot.seen_in, sight.minute, sight.payment
    if minute is None or _is_for_travel(sight):
        return None
    if before is None or minute >= before.minute:
        section.hot.seen_in = Presence(minute, payment.country, payment.identity)
    if before is None or abs(minute - before.minute) > MINUTES_MOST:
        return None
    return before if are_far_apart(before.country, payment.country) else None


def are_far_apart(one: str, other: str) -> bool:
    """Say whether two countries share no part of the world, so that only planes connect them.

    >>> are_far_apart("DE", "US"), are_far_apart("DE", "ES"), are_far_apart("DE", "??")
    (True, False, False)
    """
    here, there = _PARTS.get(one), _PARTS.get(other)
    return here is not None and there is not None and here.isdisjoint(there)


def _parts_of_the_world() -> Mapping[str, frozenset[str]]:
    """Say in which parts of the world each country's clocks stand."""
    parts: defaultdict[str, set[str]] = defaultdict(set)
    for clock, country in get_global("zone_territories").items():
        parts[country].add(clock.partition("/")[0])
    return {country: frozenset(found) for country, found in parts.items()}


_PARTS = _parts_of_the_world()
