"""Holding an outcome against the truth: one that knows all is perfect, and each lie is noticed."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from sample.households import Town
from sample.truth import TrueEvent, TrueTransaction
from streams.alert_assessment import KINDS_OF_RULE, AlertAssessment
from streams.assessment import Assessment, Share, Truth
from streams.outcome import Identity, Outcome, Raised


@cache
def truth() -> Truth:
    found = Truth()
    for part in Town(users=30, months=8, seed=3).live():
        found.take_in(part.truths)
    return found


def seer() -> Outcome:
    """Give what a chain would tell that knew everything."""
    outcome = Outcome()
    for own, row in truth().transactions.items():
        outcome.enriched[own] = _told(row, _links(own, row))
    for event in truth().events.values():
        for rule, kinds in KINDS_OF_RULE.items():
            if event.expected and event.kind in kinds:
                outcome.raised.append(raised(event, rule))
    return outcome


def _told(row: TrueTransaction, links: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "status": "posted" if row.gone_on is None else "removed",
        "amount_minor": row.amount_minor,
        "category": row.category,
        "links": links,
    }


def _links(own: Identity, row: TrueTransaction) -> list[dict[str, str]]:
    links = []
    if row.refund_of is not None:
        links.append(_link("refund_of", own[1], row.refund_of))
    if row.transfer_id is not None and row.gone_on is None:
        links += [_link("transfer_pair", *leg[1:]) for leg in legs()[row.transfer_id] if leg != own]
    return links


@cache
def legs() -> dict[str, list[Identity]]:
    """Give the live legs of each transfer."""
    found: defaultdict[str, list[Identity]] = defaultdict(list)
    for own, row in truth().live().items():
        if row.transfer_id is not None:
            found[row.transfer_id].append(own)
    return found


def _link(kind: str, account_id: str, transaction_id: str) -> dict[str, str]:
    return {"kind": kind, "account_id": account_id, "transaction_id": transaction_id}


def raised(event: TrueEvent, rule: str) -> Raised:
    about = [
        {"account_id": account_id, "transaction_id": transaction_id}
        for _, account_id, transaction_id in truth().of_event.get(event.event_id, ())
    ]
    body = {
        "user_id": event.user_id,
        "rule_id": rule,
        "dedup_key": f"{rule}:{event.event_id}",
        "args": {},
        "evidence": {"transactions": about},
    }
    return Raised(event.known_on, body)


def test_who_knows_everything_is_right_about_everything() -> None:
    found = Assessment(truth(), seer())

    assert found.wrong_accounts() == []
    assert found.wrongly_gone() == found.wrongly_live() == 0
    shares = [found.twins(), found.renamed(), found.categories(), *found.pairs(), *found.refunds()]
    assert [share.ratio for share in shares] == [1.0] * len(shares)


def test_who_knows_everything_wakes_people_for_what_they_want_to_hear() -> None:
    alerts = AlertAssessment(truth(), seer().raised)

    for rule_id, told in alerts.by_rule().items():
        # Banks that count wrongly do not live in town.
        if rule_id != "balance_mismatch":
            assert told["recall"] == 1.0
            assert told["events"] > 0
        assert told["false"] == 0
    for told in alerts.by_kind().values():
        assert told["recall"] == 1.0
        assert told["events"] > 0
    assert alerts.wanted().ratio == 1.0
    assert alerts.repeated() == 0


def test_money_that_is_counted_twice_is_noticed() -> None:
    outcome = seer()
    pending = next(own for own, row in truth().transactions.items() if row.is_pending)
    outcome.enriched[pending] = {**outcome.enriched[pending], "status": "pending"}
    found = Assessment(truth(), outcome)

    assert found.wrong_accounts() == [pending[1]]
    assert found.wrongly_live() == 1


def test_money_that_is_forgotten_is_noticed() -> None:
    outcome = seer()
    live = next(iter(truth().live()))
    del outcome.enriched[live]
    found = Assessment(truth(), outcome)

    assert found.wrong_accounts() == [live[1]]
    assert found.wrongly_gone() == 1


def test_a_pending_payment_that_stays_is_a_twin_not_found() -> None:
    outcome = seer()
    for own, row in truth().transactions.items():
        if row.is_pending:
            outcome.enriched[own] = {**outcome.enriched[own], "status": "pending"}

    assert Assessment(truth(), outcome).twins().found == 0


def test_transfers_that_nobody_tied_are_missed_and_strangers_tied_are_wrong() -> None:
    outcome = seer()
    for own in outcome.enriched:
        outcome.enriched[own] = {**outcome.enriched[own], "links": []}
    user, account, _ = first = next(iter(truth().live()))
    outcome.enriched[first] = {
        **outcome.enriched[first], "links": [_link("transfer_pair", account, "somebody else's")]
    }  # fmt: skip
    recall, precision = Assessment(truth(), outcome).pairs()

    assert recall.found == 0
    assert recall.of > 10
    assert precision == Share(0, 1)
    assert user


def test_an_alert_for_nothing_is_false() -> None:
    outcome = seer()
    event = next(own for own in truth().events.values() if own.kind == "low_balance")
    late = event._replace(event_id="none", known_on=event.known_on + timedelta(days=400))
    alerts = AlertAssessment(truth(), [*outcome.raised, raised(late, "low_balance")])

    assert len(alerts.false()) == 1
    assert alerts.wanted().found == len(outcome.raised)


def test_an_alert_that_is_raised_again_is_repeated() -> None:
    outcome = seer()

    assert AlertAssessment(truth(), [*outcome.raised, outcome.raised[0]]).repeated() == 1


def test_an_alert_about_imported_history_is_counted() -> None:
    own, row = next((own, row) for own, row in truth().transactions.items() if row.is_backfill)
    about = {"account_id": own[1], "transaction_id": own[2]}
    body = {
        "user_id": own[0], "rule_id": "unusual_payment", "dedup_key": "key", "args": {},
        "evidence": {"transactions": [about]},
    }  # fmt: skip

    assert AlertAssessment(truth(), [Raised(row.booked_on, body)]).about_backfill() == 1


@pytest.mark.parametrize(("share", "ratio"), [(Share(1, 4), 0.25), (Share(0, 0), None)])
def test_a_share_of_nothing_is_none(share: Share, ratio: float | None) -> None:
    assert share.ratio == ratio
