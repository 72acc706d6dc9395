"""The rules behind the terms: what of a payment is measured for its user, and what is learned.

They are functions over what is remembered of the user, because a fold judges each payment anew and
would build the terms only to throw them away. `terms` lends each of them to River.
"""

from math import log

from models.anomaly.customs import HOURS, Customs, near
from models.anomaly.decay import faded
from models.anomaly.spread import Spread

BELIEF = 5
"""As many payments of the user's own weigh as much as what is customary."""
_HOURS_BELIEF = 8
_OWN_MAX = 50
"""More of the user's own payments than these do not weigh more."""
_HOURS_MAX = 400
DAY_S = 86_400
DAY_FADES_S = DAY_S // 2
EVERYTHING = ""
"""The name under which all categories together are remembered."""

Amounts = dict[str, Spread]


def usual_amount(memory: Amounts, custom: Spread, category: str) -> tuple[float, float]:
    """Give middle and scatter of what is usual here: the user's own, beside what is customary."""
    _, held, custom_scatter = custom
    every = memory.get(EVERYTHING)
    # Who pays more than others elsewhere probably does so here.
    if every is not None:
        count, more, _ = every
        held += more * count / (count + BELIEF)
    own = memory.get(category)
    if own is None:
        return held, custom_scatter
    count, middle, scatter = own
    count = count if count < _OWN_MAX else _OWN_MAX
    whole = count + BELIEF
    middle = (count * middle + BELIEF * held) / whole
    return middle, (count * scatter + BELIEF * custom_scatter) / whole


def measure_amount(memory: Amounts, customs: Customs, category: str, size: float) -> float:
    """Give the distance of an amount from the usual in times of its scatter."""
    middle, scatter = usual_amount(memory, customs.amount_in(category, size), category)
    return (size - middle) / scatter


def learn_amount(memory: Amounts, customs: Customs, category: str, size: float) -> None:
    """Learn an amount, and how it stands to what others pay."""
    custom = customs.amount_in(category, size)
    _, middle, scatter = custom
    own = memory.get(category)
    if own is None:
        own = Spread(0, usual_amount(memory, custom, category)[0], scatter)
    memory[category] = own.learned(size)
    every = memory.get(EVERYTHING) or Spread(0, 0.0, scatter)
    memory[EVERYTHING] = every.learned(size - middle)


def measure_hour(memory: list[int], customs: Customs, category: str, hour: int) -> float:
    """Give how much rarer the hour is than if all were alike; 0 where it is unknown."""
    if hour < 0:
        return 0.0
    share, whole = customs.share_at(hour, category), sum(memory)
    own = near(memory, hour) / whole if whole else 0.0
    likely = (own * whole + _HOURS_BELIEF * share) / (whole + _HOURS_BELIEF)
    return -log(likely * HOURS)


def learn_hour(memory: list[int], hour: int) -> None:
    """Learn an hour; old ones fade."""
    if hour < 0:
        return
    if not memory:
        memory[:] = [0] * HOURS
    memory[hour] += 1
    if sum(memory) > _HOURS_MAX:
        memory[:] = [count // 2 for count in memory]


def measure_share(memory: Amounts, customs: Customs, category: str) -> float:
    """Give the nats of the category's share among the user's payments."""
    own, every = memory.get(category), memory.get(EVERYTHING)
    count = 0 if own is None else own[0]
    whole = 0 if every is None else every[0]
    return -log((count + BELIEF * customs.share_of(category)) / (whole + BELIEF))


def sum_of_day(before: float, last: int, instant: int, minor: int) -> float:
    """Give the sum that a payment leads to; what was paid before it fades within hours."""
    return faded(before, instant - last, DAY_FADES_S) + minor


def measure_day(usual: Spread, size: float) -> float:
    """Give the distance of a day's sum, as a logarithm, from the usual in times of its scatter."""
    values, middle, scatter = usual
    return (size - middle) / scatter if values else 0.0


def learn_day(usual: Spread, size: float) -> Spread:
    """Learn the sum that a payment leads to."""
    return (usual if usual.values else Spread(0, size)).learned(size)
