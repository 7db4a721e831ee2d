"""Exceptions: what lifts an objection, by purpose and under stated conditions, before the block it releases counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from services.contact.domain.gate import words
from services.contact.domain.gate.case import PastContact, Preference
from services.contact.domain.gate.facts import Facts, Moment, person_reached
from services.contact.domain.gate.reading import OneOf

SLOT_PREFERENCES: Final = ("inconvenient_slot", "inconvenient_days", "preferred_window")


ANSWERED_ALREADY: Final = frozenset({"conversation", "recorded_call", "session_open", "session_closed"})
"""What the borrower began and was answered within."""


def is_from_borrower(item: PastContact) -> bool:
    """Whether the borrower themselves wrote, called or came; a return of mail and a third party's word are neither."""
    return item.direction == "in" and item.outcome != "returned_undeliverable" and person_reached(item.to) == "debtor"


def unanswered(past: tuple[PastContact, ...], medium: str | None) -> bool:
    """Whether the borrower wrote or called, in *medium* (None: any), more often than was answered there since."""
    waiting = 0
    for item in past:
        if medium is not None and words.medium_of(item.channel) != medium:
            continue
        if is_from_borrower(item):
            waiting += item.outcome not in ANSWERED_ALREADY
        elif item.direction == "out" and item.outcome not in words.UNCONNECTED:
            waiting = max(0, waiting - 1)
    return waiting > 0


def blocking_slots(moment: Moment, kinds: tuple[str, ...] = SLOT_PREFERENCES) -> tuple[Preference, ...]:
    """The borrower's wishes that close this instant, in any zone in which they may be.

    What is declared inconvenient is closed; where a window is preferred, so is all that lies outside every such window.
    """
    slots = moment.facts.spoken_of_here(*kinds)
    found: list[Preference] = []
    for zone in moment.zones if slots else ():
        local = moment.local(zone)
        found += [slot for slot in slots if slot.kind != "preferred_window" and slot.covers(local)]
        wanted = [slot for slot in slots if slot.kind == "preferred_window" and slot.is_running(local.date())]
        found += [] if any(slot.covers(local) for slot in wanted) else wanted
    return tuple(found)


def _reply_due(moment: Moment) -> bool:
    return unanswered(moment.facts.past, moment.facts.medium)


def _reply_due_in_slot(moment: Moment) -> bool:
    """One reply to each message that came in the same medium, on the same date, within a slot declared inconvenient."""
    facts = moment.facts
    today = tuple(item for item in facts.past if item.at.astimezone(moment.zone).date() == moment.today(moment.zone))
    closed = tuple(item for item in today if item.direction == "out" or blocking_slots(moment.then(item.at)))
    return unanswered(closed, facts.medium)


def _in_session(moment: Moment) -> bool:
    """The borrower opened a session or call in this medium today, and has not ended it."""
    facts, zone = moment.facts, moment.zone
    is_open = False
    for item in facts.past:
        if words.medium_of(item.channel) == facts.medium and item.at.astimezone(zone).date() == moment.today(zone):
            begun = is_from_borrower(item) and item.outcome in ("session_open", "in_progress")
            is_over = item.outcome == "session_closed" or facts.medium == "phone"
            is_open = begun or (is_open and not is_over)
    return is_open


def _asked(moment: Moment) -> bool:
    """The borrower asked for something, in any medium, and was not answered since."""
    asking = ("debtor_request", "received", "consent_to_calls", None)
    past = moment.facts.past
    return unanswered(tuple(item for item in past if item.direction == "out" or item.outcome in asking), None)


def _confirmation_only(moment: Moment) -> bool:
    return moment.facts.proposed.content_flags == frozenset({"confirmation_only"}) and not _confirmed(moment.facts)


def _confirmed(facts: Facts) -> bool:
    """Whether something went out in this medium since the address or medium was refused (where that date is known)."""
    since = [refused.at for refused in facts.preferences("address_block", "channel_block") if refused.at is not None]
    return bool(since) and any(
        item.direction == "out" and words.medium_of(item.channel) == facts.medium and item.at.date() > max(since)
        for item in facts.past
    )


def _fee_not_ours(moment: Moment) -> bool:
    """A charge set by somebody else, that quick action still avoids."""
    plan = moment.facts.case.debtor.plan
    if plan is None or plan.fee_controlled_by is None or plan.grace_ends is None:
        return False
    ours = "deadline_controlled_by_collector" in (moment.facts.proposed.content_flags or ())
    return plan.fee_controlled_by != "collector" and plan.grace_ends >= moment.today(moment.zone) and not ours


def _reminders_requested(moment: Moment) -> bool:
    debts = moment.facts.debts
    return bool(debts) and all(debt.plan is not None and debt.plan.reminders_requested for debt in debts)


def _talked_today(moment: Moment) -> bool:
    days = moment.facts.dates(moment.zone)
    today = moment.today(moment.zone)
    return any(
        item.outcome == "conversation" and day == today for item, day in zip(moment.facts.past, days, strict=True)
    )


NEEDS: Final[Mapping[str, Callable[[Moment], bool]]] = {
    "asked": _asked,
    "confirmation_only": _confirmation_only,
    "fee_not_ours": _fee_not_ours,
    "in_session": _in_session,
    "reminders_requested": _reminders_requested,
    "reply_due": _reply_due,
    "reply_due_in_slot": _reply_due_in_slot,
    "talked_today": _talked_today,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An exception to one rule: who may claim it, what it needs, and whether it lifts the objection or asks a person.

    `owns_failure`: an exception that is claimed and not earned is itself the rule that objects.
    """

    id: str
    purposes: words.Purposes | None = None
    channels: words.Channels | None = None
    recipients: words.Roles | None = None
    debt_types: frozenset[words.DebtType] | None = None
    needs: tuple[Annotated[str, OneOf(frozenset(NEEDS))], ...] = ()
    verdict: Literal["pass", "review"] = "pass"
    owns_failure: bool = False

    def is_claimed(self, facts: Facts) -> bool:
        """Whether the contact is of the sort that this exception speaks of."""
        return (
            (self.purposes is None or facts.purpose in self.purposes)
            and (self.channels is None or facts.channel in self.channels)
            and (self.recipients is None or facts.role in self.recipients)
            and (self.debt_types is None or facts.debt_types <= self.debt_types)
        )

    def is_earned(self, moment: Moment) -> bool:
        """Whether all it needs is there."""
        return all(NEEDS[need](moment) for need in self.needs)
