"""The plausibility benchmark: its statistics' laws, what it makes of small lives, what it shows."""

import json
import lzma
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import benchmarks.plausible
from benchmarks.plausible.__main__ import main
from benchmarks.plausible.comparison import Comparison, Row
from benchmarks.plausible.figures import CONSUMED, Measured, measured
from benchmarks.plausible.known import KNOWN, Known
from benchmarks.plausible.lives import Lives, Payment, lived, month_of
from benchmarks.plausible.measures import (
    BENFORD,
    DIGITS,
    benford_distance,
    first_digits,
    histogram,
    middle,
    quantile,
    repeated,
    share,
    shares,
    variation,
)
from benchmarks.plausible.picture import drawn
from benchmarks.plausible.purchases import Figures, Purchase, cv_of_cards, of_purchases
from benchmarks.plausible.real import real_figures
from sample.households import Town
from schemas.taxonomy import leaf

PAGE = Path(__file__).parents[2] / "docs" / "plausible.md"

amounts = st.lists(st.integers(1, 10**7), min_size=2, max_size=50)

# The laws of the statistics.


@given(amount=st.integers(1, 10**9), count=st.integers(2, 60))
def test_what_never_changes_does_not_vary(amount: int, count: int) -> None:
    assert variation([amount] * count) == 0


@given(values=amounts, times=st.integers(2, 1_000))
def test_the_unit_of_money_does_not_change_how_much_it_varies(
    values: list[int], times: int
) -> None:
    assert variation([value * times for value in values]) == pytest.approx(variation(values))


@given(values=amounts)
def test_what_varies_around_nothing_has_no_coefficient(values: list[int]) -> None:
    assert variation([*values, *(-value for value in values)]) is None
    assert variation(values[:1]) is None


@given(parts=st.dictionaries(st.text(), st.integers(1, 10**9), min_size=1))
def test_shares_add_up_to_one(parts: dict[str, int]) -> None:
    assert sum(shares(parts).values()) == pytest.approx(1)


@given(values=amounts, one=st.floats(0, 1), other=st.floats(0, 1))
def test_quantiles_grow_from_the_least_to_the_greatest(
    values: list[int], one: float, other: float
) -> None:
    low, high = sorted((one, other))
    places = [quantile(values, at) for at in (0, low, high, 1)]

    assert places == pytest.approx(sorted(place for place in places if place is not None))
    assert (places[0], places[-1]) == (min(values), max(values))


@given(values=amounts)
def test_half_of_all_lies_below_the_median(values: list[int]) -> None:
    assert quantile(values, 0.5) == pytest.approx(middle(values))


@given(keys=st.sets(st.text(), min_size=1), times=st.integers(1, 9))
def test_of_each_key_only_the_first_is_new(keys: set[str], times: int) -> None:
    assert repeated([*keys] * times) == pytest.approx((times - 1) / times)


@given(base=st.sampled_from([2, 3, 5, 7, 11]), start=st.integers(1, 10**6))
def test_a_geometric_series_is_near_benfords_law(base: int, start: int) -> None:
    distance = benford_distance(first_digits(start * base**power for power in range(1_000)))

    assert distance is not None
    assert distance < 0.005


def test_prices_that_all_begin_alike_are_far_from_benfords_law() -> None:
    distance = benford_distance(first_digits([999, 9_99, 95]))

    assert distance == pytest.approx((2 * (1 - BENFORD[9])) / 9)


def test_benfords_law_is_no_way_off_itself() -> None:
    assert sum(BENFORD.values()) == pytest.approx(1)
    assert benford_distance(BENFORD) == 0


@given(values=st.lists(st.integers(-(10**9), 10**9)))
def test_neither_sign_nor_tens_change_a_first_digit(values: list[int]) -> None:
    assert first_digits(values) == first_digits(-10 * value for value in values)


@given(values=st.lists(st.floats(-10, 1_000)))
def test_a_histogram_loses_nobody(values: list[float]) -> None:
    assert sum(histogram(values, step=0.5, bins=7)) == len(values)


def test_of_nothing_there_is_no_figure() -> None:
    assert share(0, 0) is None
    assert shares({}) == {}
    assert middle([]) is None
    assert quantile([], 0.5) is None
    assert repeated([]) is None
    assert benford_distance(first_digits([0])) is None
    assert set(of_purchases([]).values()) == {None}


# Purchases by card.


def purchase(day: int, cents: int, text: str = "BAKERY", holder: str = "one") -> Purchase:
    return Purchase(holder, date(2025, 9, day), cents, cents, text)


def test_purchases_are_measured_and_what_comes_back_is_no_purchase() -> None:
    #  Mo 1   Tu 2    Sa 6                 of September 2025
    #  bakery bakery  bakery, elsewhere    and the second is given back on Tuesday
    figures = of_purchases(
        [
            purchase(1, 200),
            purchase(2, 400),
            purchase(6, 900),
            purchase(6, 100, "KIOSK"),
            purchase(2, -400),
        ]
    )

    assert figures["weekday_share_monday"] == 0.25
    assert figures["weekday_share_saturday"] == 0.5
    assert figures["weekday_share_sunday"] == 0
    assert figures["repeat_share_text"] == 0.5
    assert figures["refund_share"] == 0.2
    assert figures["amount_mean"] == 4.0
    assert figures["amount_median"] == 3.0
    assert figures["amount_p90_to_median"] == pytest.approx(2.5)


def test_the_same_text_is_new_to_somebody_else() -> None:
    figures = of_purchases([purchase(1, 200), purchase(1, 200, holder="other")])

    assert figures["repeat_share_text"] == 0


def test_a_month_without_a_purchase_counts_as_nothing() -> None:
    steady = [("card", month, 100) for month in range(24)]

    assert cv_of_cards(steady) == 0
    # Of 24 months 18 see 100: a mean of 75, and a deviation of 43.3.
    assert cv_of_cards(row for row in steady if row[1] % 4) == pytest.approx(math.sqrt(1 / 3), 0.1)


def test_a_card_that_is_young_or_mostly_rests_tells_nothing() -> None:
    assert cv_of_cards([("young", month, 100) for month in range(11)]) is None
    assert cv_of_cards([("resting", month, 100) for month in (0, 5, 11)]) is None


# Lives.

RENT, SHOP, CLOTHES, CASH, PAY, AWAY = (
    leaf(name)
    for name in (
        "housing.rent",
        "food.groceries",
        "shopping.clothing",
        "cash.withdrawal",
        "income.salary",
        "transfer.savings",
    )
)


def payment(month: int, cents: int, **facts: Any) -> Payment:
    """Make a payment with a card of which nothing is special, but for *facts*."""
    usual = {
        "user_id": "one",
        "account_id": "checking",
        "made_on": None,
        "leaf": SHOP,
        "merchant": "Grocer",
        "text": "GROCER",
        "kind": "card",
        "country": "DE",
        "is_in_series": False,
        "is_backfill": False,
    }
    return Payment(month=month, amount_minor=cents, cents=cents, **{**usual, **facts})


def figures_of(payments: Sequence[Payment], months: int = 6, holds: int = 0) -> dict[str, Any]:
    lives = Lives(
        payments=list(payments),
        months={"one": list(range(months))},
        month_ends={"one": [50, -10] * 3},
        account_types={"checking": "checking", "card": "credit"},
        holds=holds,
    )
    return measured(lives).figures


def test_spending_is_shared_by_group_and_a_refund_lowers_its_own() -> None:
    figures = figures_of(
        [
            payment(0, -600, leaf=RENT, kind="standing_order", is_in_series=True),
            payment(0, -300),
            payment(1, -200, leaf=CLOTHES),
            payment(2, 100, leaf=CLOTHES, kind="refund"),
            payment(2, -250, leaf=CASH, kind="cash"),
            payment(3, 5_000, leaf=PAY, kind="salary", is_in_series=True),
            payment(3, -900, leaf=AWAY, kind="transfer"),
        ]
    )

    assert figures["spending_share_housing"] == 0.6
    assert figures["spending_share_food"] == 0.3
    assert figures["spending_share_shopping"] == 0.1
    assert sum(figures[f"spending_share_{group}"] for group in CONSUMED) == pytest.approx(1)
    assert figures["outflow_share_cash"] == 0.2
    assert figures["saving_rate"] == 0.75
    assert figures["recurring_share_count"] == 0.25
    assert figures["recurring_share_money"] == pytest.approx(600 / 1_350)
    assert figures["transfer_share"] == pytest.approx(1 / 7)
    assert figures["kind_share_card"] == pytest.approx(3 / 7)
    assert figures["kind_share_transfer"] == pytest.approx(3 / 7)
    assert figures["refund_share"] == pytest.approx(1 / 3)


def test_months_are_whole_months_of_the_user_with_and_without_payments() -> None:
    #  month   0    1    2    3    4    5   | 6: not all of it has been told
    #  spent  100   0   100   0   100   0   | 900
    figures = figures_of([payment(month, -100) for month in (0, 2, 4)] + [payment(6, -900)])

    assert figures["cv_spending"] == pytest.approx(1)
    assert figures["transactions_per_month"] == 0.5
    # The account holds 50 or owes 10, by turns; 50 cents are spent in a usual month.
    assert figures["balance_months"] == pytest.approx(20 / 50)
    assert figures["overdrawn_share"] == 0.5
    assert figures["cv_income"] is None
    assert figures_of([payment(0, -100)], months=5)["cv_spending"] is None


def test_only_purchases_on_credit_say_how_a_credit_card_varies() -> None:
    on_card = [payment(month, -100, account_id="card") for month in range(12)]
    at_will = [payment(month, -month) for month in range(12)]
    paid_off = [payment(11, 1_200, account_id="card", leaf=AWAY, kind="transfer")]

    assert figures_of([*on_card, *at_will, *paid_off], months=12)["cv_credit_card"] == 0


def test_feeds_are_told_by_holds_countries_and_shops() -> None:
    figures = figures_of(
        [
            payment(0, -100),
            payment(1, -100, text="GROCER 0417"),
            payment(2, -100, country="IT", merchant="Gelateria", text="GELATERIA"),
            payment(3, -100, country=None, is_backfill=True),
        ],
        holds=2,
    )

    assert figures["pending_share"] == pytest.approx(2 / 3)
    assert figures["foreign_share"] == pytest.approx(1 / 3)
    assert figures["repeat_share_text"] == 0.25
    assert figures["repeat_share_merchant"] == 0.5


@pytest.fixture(scope="module")
def lives() -> Lives:
    return lived(Town(users=4, months=7, seed=3))


def test_a_town_is_told_without_its_last_month(lives: Lives) -> None:
    last = month_of(date(2025, 7, 1))

    assert len(lives.months) == 4
    for user, months in lives.months.items():
        assert months == list(range(months[0], last)), user
        assert len(lives.month_ends[user]) == len(months) + 1


def test_every_figure_that_is_measured_is_known_and_every_known_one_measured(lives: Lives) -> None:
    assert measured(lives).figures.keys() == KNOWN.keys()


# What is known, and what is shown.


@pytest.mark.parametrize("name", KNOWN)
def test_a_range_is_a_range_and_its_sources_are_written_out(name: str) -> None:
    known = KNOWN[name]

    assert 0 <= known.low < known.high
    assert known.sources or known.certainty == "judgement"
    for source in known.sources:
        assert f"\n{source} " in (benchmarks.plausible.__doc__ or ""), source


def test_a_figure_is_in_range_too_low_too_high_or_missing() -> None:
    known = Known(0.1, 0.2, "judgement", (), "an example")
    verdicts = [Row("x", figure, known).verdict for figure in (0.1, 0.2, 0.05, 0.3, None)]

    assert verdicts == ["in range", "in range", "too low", "too high", "no figure"]
    assert Row("x", None, known).is_in_range is None


def test_the_page_names_every_figure_with_its_range() -> None:
    page = PAGE.read_text(encoding="utf-8")

    for name, known in KNOWN.items():
        line = f"| `{name}` | {known.shown_range()} | {known.says} | {known.grounds()} |"
        assert line in page, line


def comparison(figure: float | None) -> Comparison:
    digits = dict.fromkeys(DIGITS, 1 / 9) if figure else {}
    figures: Figures = {**dict.fromkeys(KNOWN, figure), **of_purchases([purchase(1, 200)])}
    return Comparison(Measured(figures, [0.1, 0.3, 7.0], [40.0, 900.0], digits))


@pytest.mark.parametrize("figure", [None, -3.0, 0.0, 0.15, 10_000.0])
def test_whatever_the_figures_the_picture_is_drawn_and_stays_within_its_frame(
    figure: float | None,
) -> None:
    picture = drawn(comparison(figure), "a <small> town")

    root = ET.fromstring(picture)  # noqa: S314  Our own picture.
    width, height = (float(side) for side in root.attrib["viewBox"].split()[2:])
    for mark in root.iter():
        for name, most in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            assert 0 <= float(mark.get(name, 0)) <= most, ET.tostring(mark)
        assert float(mark.get("width", 0)) >= 0
        assert float(mark.get("height", 0)) >= 0
    assert drawn(comparison(figure), "a <small> town") == picture


def test_the_command_prints_one_object_and_draws(tmp_path: Path) -> None:
    picture = tmp_path / "town.svg"
    arguments = ["--users", "2", "--months", "7", "--json", "--picture", str(picture)]
    done = CliRunner().invoke(main, [*arguments, "--real", str(tmp_path)])

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["figures"].keys() == KNOWN.keys()
    without = [name for name, row in told["figures"].items() if row["generated"] is None]
    assert told["without_figure"] == without
    assert told["in_range"] + len(told["missed"]) + len(without) == told["of"]
    assert told["real"] is None
    assert "purchase_cards is left out" in done.stderr
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_the_command_prints_a_table_with_its_misses() -> None:
    done = CliRunner().invoke(main, ["--users", "1", "--months", "7"])

    assert done.exit_code == 0, done.output
    assert "spending_share_food" in done.stdout
    assert f"of {len(KNOWN)} figures are in range" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [["--users", "0"], ["--months", "6"], ["--picture", "no/such/folder/picture.svg"]],
    ids=" ".join,
)
def test_what_cannot_be_done_is_refused_before_anything_is_lived(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, arguments)

    assert done.exit_code == 2
    assert "Error: Invalid value for" in done.stderr


def test_real_purchases_are_read_where_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "purchase-cards"
    folder.mkdir()
    rows = [
        "trans_date,card,original_gross_amt,billing_gross_amt,merchant_name",
        "2017-01-03,8998,3.91,3.3,cloud",
        "2017-01-04,8998,0.07,,cloud",
        "2017-01-05,8998,-3.3,,cloud",
    ]
    path = folder / "transactions-2014-2018.csv.xz"
    path.write_bytes(lzma.compress("\n".join(rows).encode()))
    notes: list[str] = []

    figures = real_figures(tmp_path, notes.append)

    assert figures.keys() == {"purchase_cards"}
    assert figures["purchase_cards"]["amount_mean"] == pytest.approx((3.30 + 0.07) / 2)
    assert figures["purchase_cards"]["repeat_share_text"] == 0.5
    assert figures["purchase_cards"]["refund_share"] == pytest.approx(1 / 3)
    assert len(notes) == 1
    assert notes[0].startswith("card_stream is left out")
