"""The worked example of docs/anomalies.md is what the fold says."""

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from schemas.alerts import AlertRaised
from schemas.event import UserEvent
from tests.processors.household import Household, none_of, only

PAGE = Path(__file__).parents[2] / "docs" / "anomalies.md"
FIRST = date(2025, 3, 1)
PAID_MINOR = 9_500


def at_the_grocers(home: Household, number: int, amount_minor: int) -> list[UserEvent]:
    """Pay in the evening of a day."""
    day = FIRST + timedelta(days=number)
    return home.pays(
        amount_minor,
        day,
        f"groceries-{number}",
        description="CARD 4411 CORNER GROCER",
        merchant_name="Corner Grocer",
        mcc="5411",
        occurred_at=datetime.combine(day, time(17 + number % 3, 10), UTC),
    )


def after_sixty_evenings(amount_minor: int) -> list[UserEvent]:
    home = Household()
    for number in range(60):
        assert none_of(AlertRaised, at_the_grocers(home, number, 2_400 + number % 7 * 250))
    return at_the_grocers(home, 60, amount_minor)


def shown() -> dict[str, Any]:
    found = re.search(r"^```json\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    example: dict[str, Any] = json.loads(found[1])
    return example


def test_the_page_shows_the_evidence_that_the_fold_gives() -> None:
    evidence = only(AlertRaised, after_sixty_evenings(PAID_MINOR)).evidence
    given = evidence.model_dump(mode="json", exclude_none=True)
    assert shown() == given, json.dumps(given, indent=2, ensure_ascii=False)


def test_what_the_page_says_of_it_is_true() -> None:
    example = shown()
    addends = [own["score_milli"] for own in example["contributions"]]
    assert sum(addends) == example["score_milli"] >= example["threshold_milli"]
    bound = example["quiet_below"]["amount"]["amount_minor"]
    assert not none_of(AlertRaised, after_sixty_evenings(bound))
    assert none_of(AlertRaised, after_sixty_evenings(bound - 1))
