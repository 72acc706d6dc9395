"""Rules as a person writes them for a trial: read as strictly as the wire, and a little more.

A member that nobody knows is passed over on the wire. Here it is refused, for a rule with a
misspelt condition would file more than was meant.
"""

import json
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from schemas.preferences import FilingRule, Preferences
from schemas.refusals import Code, Refusal, refusal_of

_MEMBERS = sorted(FilingRule.model_fields)


class RuleError(Exception):
    """Rules that cannot be read: a code, a colon, and a sentence."""

    @classmethod
    def of(cls, refusal: Refusal) -> "RuleError":
        """Word a refusal; its place is told as if the rules stood alone."""
        where = refusal.where.removeprefix("filing_rules").lstrip(".")
        return cls(f"{refusal.code}: {Refusal(refusal.code, where, refusal.detail).sentence}")


def rules_from(text: str) -> tuple[FilingRule, ...]:
    """Read one rule, or a list of rules; RuleError says what is wrong with the first bad one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise RuleError(f"{Code.NOT_JSON}: Write one rule as a JSON object, or a list.") from None
    rules = found if isinstance(found, list) else [found]
    for rule in rules:
        _require_known_members(rule)
    try:
        read = Preferences.from_json(json.dumps({"filing_rules": rules}).encode())
    except ValidationError as error:
        raise RuleError.of(refusal_of(error)) from None
    named = [rule.rule_id for rule in read.filing_rules or ()]
    repeated = next((rule_id for rule_id in named if named.count(rule_id) > 1), None)
    if repeated is not None:
        raise RuleError(f"repeated_rule: Give each rule_id once; {repeated} stands twice.")
    return read.filing_rules or ()


def _require_known_members(rule: Any) -> None:
    if not isinstance(rule, dict):
        raise RuleError(f"{Code.NOT_AN_OBJECT}: Write each rule as a JSON object.")
    for member in rule:
        if member not in _MEMBERS:
            near = get_close_matches(member, _MEMBERS, n=1)
            known = f"did you mean {near[0]}?" if near else f"known are {', '.join(_MEMBERS)}."
            raise RuleError(f"unknown_member: A rule has no {member}; {known}")
