"""What contact's tables must hold after a batch: reserved attempts, withdrawals, profiles, holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.contact.domain.attempts import Attempt, attempts_in, withdrawn_in
from services.contact.store.approvals import approval_rows, wanted_rows
from services.contact.store.profiles import profile_rows
from services.contact.store.replies import reply_rows
from services.contact.store.story import hold_ending_rows, hold_rows
from services.contact.tables import (
    approvals,
    approvals_wanted,
    attempts,
    hold_endings,
    holds,
    profiles,
    replies,
    withdrawals,
)
from shared.codec import decode, encode
from shared.events import ContactCancelled, ContactReserved, Event
from shared.fold import Row, Said

TABLES: Final = {
    "attempts": attempts,
    "withdrawals": withdrawals,
    "profiles": profiles,
    "holds": holds,
    "hold_endings": hold_endings,
    "replies": replies,
    "approvals_wanted": approvals_wanted,
    "approvals": approvals,
}
NOBODY: Final = "nobody"
"""The provider of a channel that none carries: the sender rejects what is meant for it."""
READ: Final[Mapping[str, type[Event]]] = {"ContactReserved": ContactReserved, "ContactCancelled": ContactCancelled}


@dataclass(frozen=True, slots=True)
class Routes:
    """Which provider carries a channel, by which strategy it is all planned, and whose dates the budgets follow."""

    providers: Mapping[str, str]
    strategy: str
    zone: ZoneInfo

    def rows_of(self, said: Sequence[Said]) -> Mapping[str, Sequence[Row]]:
        """Every row that *said* asks for."""
        events = [(one, [decode(READ[made.type], made.data) for made in one.announcements if made.type in READ])
                  for one in said]  # fmt: skip
        reserved = [(one, attempt) for one, read in events for attempt in attempts_in(one.state, read)]
        withdrawn = [(one, attempt_id) for one, read in events for attempt_id in withdrawn_in(read)]
        return {
            "attempts": [self._attempt_row(one.heard.key, attempt) for one, attempt in reserved],
            "withdrawals": [{"attempt_id": attempt_id, "at": one.now} for one, attempt_id in withdrawn],
            "profiles": profile_rows(said),
            "holds": hold_rows(said),
            "hold_endings": hold_ending_rows(said),
            "replies": reply_rows(said),
            "approvals_wanted": wanted_rows(said),
            "approvals": approval_rows(said),
        }

    def _attempt_row(self, key: str, attempt: Attempt) -> dict[str, Any]:
        """The attempt as it is before anything was begun. A borrower of no segment is of the segment ''."""
        return {
            "attempt_id": attempt.attempt_id,
            "key": key,
            "contact_id": attempt.contact_id,
            "state": "reserved",
            "channel": attempt.channel,
            "provider": self.providers.get(attempt.channel, NOBODY),
            "reference": attempt.reference,
            "address_ref": attempt.address_ref,
            "template": attempt.template,
            "template_version": attempt.template_version,
            "language": attempt.language,
            "strategy": self.strategy,
            "segment": attempt.segment or "",
            "planned_cost": attempt.cost,
            "planned_currency": attempt.currency,
            "planned_on": attempt.reserved_at.astimezone(self.zone).date(),
            "figures": encode(attempt.figures),
            "reserved_at": attempt.reserved_at,
            "send_by": attempt.send_by,
            "look_ups": 0,
            "reported": True,
        }
