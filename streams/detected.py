"""What can be told of the detector of unusual payments from what all users of a partition share."""

from collections.abc import Mapping
from typing import NamedTuple

from models.anomaly.customs import UNIT, Customs
from models.drift import Some
from processors.state.customary import Compared
from processors.state.shared import Shared
from schemas.event import Event
from schemas.journal import LessonsTaught, SeenPayment

KNOWN_FROM = 1_000
"""Before so many payments of a currency were learned, all that is seen of them is new."""

WHO = ("both", "only_active", "only_shadow")


A_DAY = 16
"""So many payments of a day are looked at for a change; see `models.drift.Some` for why."""

Chances = tuple[float | None, ...]
"""Of something so large or larger than was measured of a payment, in the order of `MEASURES`.

None where nobody told.
"""


class Standing(NamedTuple):
    """Where thresholds stand, what is known of frauds, and how a shadow does."""

    thresholds: Mapping[str, float]
    """In nats, by currency."""
    frauds: int
    shadow_told: Mapping[str, int]
    """By who would have told; empty without a shadow."""
    shadow_frauds: Mapping[str, int]


def chances_in(event: Event, shared: Shared, some: Some) -> list[Chances]:
    """Give how rare some payments of an entry are; ask before the entry is folded.

    Those that count as none are left out: they were written down for being unusual.
    """
    if not isinstance(event, LessonsTaught) or not event.seen:
        return []
    day, known = shared.newest_day, shared.customary.of
    return [
        _chances_of(seen, customs)
        for seen in event.seen
        if seen.weight
        if (customs := known(seen.currency)[0]).count >= KNOWN_FROM
        if some.draws(day)
    ]


def _chances_of(seen: SeenPayment, customs: Customs) -> Chances:
    amount, size, hour, share, day = seen.measures
    _, sizes, hours, shares, days = customs.rarities
    return (
        customs.rarity_in(seen.category).chance(amount / UNIT),
        sizes.chance(size / UNIT),
        hours.chance(hour / UNIT) if seen.hour >= 0 else None,
        shares.chance(share / UNIT),
        days.chance(day / UNIT),
    )


def standing_of(shared: Shared) -> Standing:
    """Give how things stand now."""
    customary, start = shared.customary, shared.policy.detection.threshold
    compared = customary.frauds.compared
    has_shadow = bool(compared.name)
    return Standing(
        {currency: start + own.offsets.raised for currency, own in customary.customs.items()},
        customary.frauds.confirmed,
        told_by(compared) if has_shadow else {},
        frauds_told_by(compared) if has_shadow else {},
    )


def told_by(compared: Compared) -> dict[str, int]:
    """Give how many payments each would have told of, by who."""
    return dict(zip(WHO, (compared.both, compared.only_active, compared.only_shadow), strict=True))


def frauds_told_by(compared: Compared) -> dict[str, int]:
    """Give how many confirmed frauds each told of, by who, and of how many nobody did."""
    return {
        "both": compared.frauds_both,
        "only_active": compared.frauds_only_active,
        "only_shadow": compared.frauds_only_shadow,
        "neither": compared.frauds_neither,
    }
