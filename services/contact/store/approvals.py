"""Steps that wait for a person, and who let them go ahead: found by the contact that was withheld."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.domain.borrower import Approval, Borrower
from services.contact.domain.commands import ApproveContact
from services.contact.domain.contacting import APPROVAL_RULE
from services.contact.tables import approvals, approvals_wanted
from shared.codec import decode
from shared.events import ContactWithheld
from shared.fold import Said

_WANTED = select(approvals_wanted.c.key).where(approvals_wanted.c.contact_id == bindparam("contact"))
_GIVEN = select(approvals).where(approvals.c.contact_id == bindparam("contact"))


async def find_waiting(connection: AsyncConnection, contact_id: str) -> str | None:
    """Whose contact was withheld until somebody approves it."""
    found = (await connection.execute(_WANTED, {"contact": contact_id})).scalar_one_or_none()
    return None if found is None else str(found)


async def get_approval(connection: AsyncConnection, contact_id: str) -> Mapping[str, Any]:
    """Who let the contact go ahead, and when."""
    row = (await connection.execute(_GIVEN, {"contact": contact_id})).one()
    return {
        "contact_id": row.contact_id, "customer_id": row.key, "step": row.step, "approved_by": row.approved_by,
        "approved_at": row.at,
    }  # fmt: skip


def wanted_rows(said: Sequence[Said]) -> list[Mapping[str, Any]]:
    """The contacts that were withheld for a person's approval."""
    withheld = [
        (one.heard.key, made.at, decode(ContactWithheld, made.data))
        for one in said
        for made in one.announcements
        if made.type == "ContactWithheld"
    ]
    return [
        {"contact_id": event.contact_id, "key": key, "step": event.step, "at": at}
        for key, at, event in withheld
        if event.decision.rule == APPROVAL_RULE
    ]


def approval_rows(said: Sequence[Said]) -> list[Mapping[str, Any]]:
    """The approvals that were given; one given before stays as it was."""
    rows: list[Mapping[str, Any]] = []
    for one in said:
        if isinstance(one.heard.fact, ApproveContact):
            contact_id, before = one.heard.fact.contact_id, _approved_in(one.before)
            given = _approved_in(one.state).get(contact_id)
            if given is not None and contact_id not in before:
                known = {"contact_id": contact_id, "key": one.heard.key, "step": given.step}
                rows.append({**known, "approved_by": given.by, "at": one.now})
    return rows


def _approved_in(borrower: Borrower) -> Mapping[str, Approval]:
    return borrower.spell.approved if borrower.spell is not None else {}
