"""Keep what a user prefers; each preference has its own revision, so a late change loses."""

from processors.state.book import Draft
from processors.state.entry import Entry
from processors.state.shared import Shared
from processors.state.user import User
from processors.state.verdict import Settled, Verdict
from schemas.preferences import SettingsChanged


def preferences(_draft: Draft, user: User, _shared: Shared, entry: Entry) -> Settled:
    """Take over each preference that the change names and that no later change has set."""
    event = entry.event
    if not isinstance(event, SettingsChanged):
        return None
    chosen = user.preferences.cold
    newer = chosen.newer(event)
    if newer:
        user.preferences.change_cold().choices.update(newer)
        return Verdict.APPLIED
    named = event.preferences.model_fields_set
    repeated = all(chosen.choices[name].revision == event.revision for name in named)
    return Verdict.REPEAT if repeated else Verdict.STALE
