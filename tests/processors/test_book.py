"""A book whose weeks are still sealed answers as one whose weeks are all open."""

from hypothesis import given
from hypothesis import strategies as st

from processors.state.book import Book
from processors.state.transaction import Transaction
from processors.state.user import User
from processors.state.weekly import week_of
from streams.codecs import decode_user, every_part

TODAY = 739_310

# Small ones, too: written down, they are one byte, which occurs by chance in many a week.
identities = st.integers(0, 300) | st.integers(0, 2**64 - 1)
days = st.integers(TODAY - 80, TODAY)


def paid(identity: int, booked_on: int) -> Transaction:
    return Transaction(identity, "main", f"t{identity}", -500, "EUR", booked_on, "posted")


def book_of(booked: dict[int, int]) -> Book:
    book = Book()
    for identity, day in booked.items():
        book.put(None, paid(identity, day))
    return book


def stored(book: Book) -> Book:
    """Give the book as it comes back from the store."""
    return decode_user("u", every_part(User("u", book=book))).book


@given(booked=st.dictionaries(identities, days, max_size=30), asked=st.lists(identities))
def test_a_sealed_book_finds_the_same(booked: dict[int, int], asked: list[int]) -> None:
    opened = book_of(booked)
    sealed = stored(opened)

    for identity in [*asked, *booked]:
        assert sealed.find(identity) == opened.find(identity)


@given(booked=st.dictionaries(identities, days, max_size=30), since=days)
def test_a_sealed_book_lists_the_same_in_the_same_order(booked: dict[int, int], since: int) -> None:
    opened = book_of(booked)

    assert list(stored(opened).transactions(since)) == list(opened.transactions(since))
    listed = [own.identity for own in opened.transactions(since)]
    assert {own for own, day in booked.items() if day >= since} <= set(listed)


@given(booked=st.dictionaries(identities, days, max_size=30), today=st.integers(TODAY, TODAY + 99))
def test_weeks_leave_the_window_sealed_or_not(booked: dict[int, int], today: int) -> None:
    opened = book_of(booked)
    sealed = stored(opened)
    opened.weeks.changed.clear()

    assert opened.pass_day(today) == sealed.pass_day(today)

    assert (sealed.known, sealed.weeks.changed) == (opened.known, opened.weeks.changed)
    assert list(sealed.transactions()) == list(opened.transactions())


def test_only_the_week_that_is_asked_for_is_opened() -> None:
    booked = {7_000_000_000_000 + number: TODAY - number for number in range(60)}
    sealed = stored(book_of(booked))

    sealed.find(1_234_567_890_123)
    assert not sealed.weeks.open
    sealed.put(None, paid(1_234_567_890_123, TODAY))
    assert list(sealed.weeks.open) == [week_of(TODAY)]
