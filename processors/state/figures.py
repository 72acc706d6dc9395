"""Reading months: their totals, what was spent in them and what was received."""

from processors.state.categories import kind_of
from processors.state.sections import Total, Totals
from processors.state.user import User


def totals_of(user: User, month: int) -> Totals:
    """Find a month's totals, be it open or closed; none where nothing happened."""
    money = user.aggregate
    return money.hot.months.get(month) or money.cold.months.get(month, {})


def spent_minor(by_category: dict[str, Total]) -> int:
    """Sum what went out for good; what came back in a category of spending lowers it."""
    return sum(spent_in(category, total) for category, total in by_category.items())


def received_minor(by_category: dict[str, Total]) -> int:
    """Sum income; transfers are none."""
    return sum(
        total.in_minor - (total.out_minor if kind_of(category) == "income" else 0)
        for category, total in by_category.items()
        if kind_of(category) in {"income", "unknown"}
    )


def spent_in(category: str, total: Total) -> int:
    """Say what one category spent: unknown money out is spending, unknown money in is not."""
    kind = kind_of(category)
    if kind == "spending":
        return total.out_minor - total.in_minor
    return total.out_minor if kind == "unknown" else 0
