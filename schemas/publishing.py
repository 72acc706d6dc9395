"""What travels beside an event of ours: its CloudEvents attributes, all of them deterministic."""

from schemas.alerts import Alert
from schemas.event import UserEvent
from schemas.ids import deterministic_id

SOURCE = "/penstock/ledger"


def attributes_of(event: UserEvent, cause_id: str, recorded_at: str) -> dict[str, str]:
    """Name the event, its cause, and when the cause was recorded."""
    attributes = {
        "id": deterministic_id(event.ce_type, event.identity()),
        "type": event.ce_type,
        "source": SOURCE,
        "time": recorded_at,
        "partitionkey": event.user_id,
        "causationid": cause_id,
        "recordedtime": recorded_at,
    }
    if isinstance(event, Alert):
        expires = event.expires_at.isoformat().replace("+00:00", "Z")
        attributes |= {"expirytime": expires, "severitytext": event.severity}
    return attributes
