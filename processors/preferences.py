"""Keep what a user prefers; each preference has its own revision, so a late change loses."""

import json

from processors.state.book import Draft
from processors.state.entry import Entry
from processors.state.sections import Choice
from processors.state.shared import Shared
from processors.state.user import User
from processors.state.verdict import Settled, Verdict
from schemas.preferences import SettingsChanged


def preferences(_draft: Draft, user: User, _shared: Shared, entry: Entry) -> Settled:
    """Take over each preference that the change names and that no later change has set."""
    event = entry.event
    if not isinstance(event, SettingsChanged):
        return None
    choices = user.preferences.cold.choices
    named = event.preferences.model_fields_set
    newer = [
        name
        for name in sorted(named)
        if name not in choices or choices[name].revision < event.revision
    ]
    if not newer:
        repeated = all(choices[name].revision == event.revision for name in named)
        return Verdict.REPEAT if repeated else Verdict.STALE
    values = json.loads(event.preferences.model_dump_json())
    for name in newer:
        text = json.dumps(values[name], separators=(",", ":"), ensure_ascii=False)
        user.preferences.change_cold().choices[name] = Choice(event.revision, text.encode())
    return Verdict.APPLIED
