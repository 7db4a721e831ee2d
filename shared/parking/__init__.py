"""What was set aside for an operator: parked items and dead letters, shown masked, settled with a reason, audited."""

from shared.parking.audit import list_acts
from shared.parking.items import discard, list_parked, look_into, release, release_edited
from shared.parking.letters import discard_letter, list_letters, retry_letter

__all__ = [
    "discard",
    "discard_letter",
    "list_acts",
    "list_letters",
    "list_parked",
    "look_into",
    "release",
    "release_edited",
    "retry_letter",
]
