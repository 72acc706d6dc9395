"""What is noted of a booking: it can be known when the feed tells of it, whenever it happened."""

from sample.bookings import Booking
from sample.household import Household


def remark(
    home: Household,
    kind: str,
    booking: Booking,
    amount_minor: int,
    *,
    expected: bool = True,
    event_id: str | None = None,
) -> None:
    """Note what kind of event a booking is, under its own event's id or a given one."""
    home.note(
        kind,
        booking.account,
        amount_minor,
        expected=expected,
        subject=booking.series.series_id if booking.series else "",
        event_id=event_id or booking.event,
        days=(booking.told_on - home.today).days,
    )
