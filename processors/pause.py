"""Set aside what comes of a provider that is paused, until somebody sends it again."""

from processors.state.entry import Entry
from processors.state.shared import Shared
from schemas.accounts import AccountUpdated
from schemas.refusals import Code, Refusal
from schemas.transactions import TransactionImported


def paused(shared: Shared, entry: Entry) -> Refusal | None:
    """Refuse an entry of a provider that the policy in force pauses; nothing else."""
    providers = shared.policy.paused_providers
    event = entry.event
    if not providers or not isinstance(event, TransactionImported | AccountUpdated):
        return None
    return Refusal(Code.PROVIDER_PAUSED, "provider") if event.provider in providers else None
