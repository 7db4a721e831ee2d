"""Holds: what the borrower said stops contact at once, and what ends it lets contact go on.

Every hold is placed and ended by its own announcement, so that core banking, agencies and the desk hear of both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from services.contact.domain.borrower import Borrower, Hold
from services.contact.domain.context import Context
from services.contact.domain.evolve import names_in
from services.contact.domain.names import hold_id
from services.contact.domain.wishes import is_overwhelmed
from shared.events import (
    ArrangementAgreed,
    ArrangementBroken,
    ArrangementCompleted,
    BalanceStated,
    ComplaintRaised,
    ComplaintResolved,
    ConsentGiven,
    ContactStopped,
    DisputeRaised,
    Event,
    HardshipClaimed,
    HardshipConfirmed,
    HardshipDeclined,
    HardshipEnded,
    HoldEnded,
    HoldPlaced,
    LoanCured,
    PaymentReceived,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromisePartlyKept,
    PromiseSuperseded,
    RepresentativeNamed,
    Scope,
    VulnerabilityNoted,
    Wake,
)
from shared.events.contacts import HoldKind

Ending: TypeAlias = Literal["expired", "released", "resolved", "superseded"]
EVERYTHING: Final = Scope("everything")
ONLY_PERSONS_RELEASE: Final = frozenset({"bankruptcy", "deceased", "minor"})


@dataclass(frozen=True, slots=True)
class Case:
    """Which hold follows from an event: of which sort of case, by which field it is known."""

    sort: str
    id_field: str
    kind: HoldKind


CASES: Final[Mapping[type[Event], Case]] = MappingProxyType(
    {
        ArrangementAgreed: Case("arrangement", "arrangement_id", "arrangement"),
        ComplaintRaised: Case("complaint", "complaint_id", "complaint"),
        ContactStopped: Case("stop", "stop_id", "stop"),
        DisputeRaised: Case("dispute", "dispute_id", "dispute"),
        HardshipClaimed: Case("hardship", "claim_id", "hardship"),
        HardshipConfirmed: Case("hardship", "claim_id", "hardship"),
        PromiseMade: Case("promise", "promise_id", "promise"),
        RepresentativeNamed: Case("representative", "representative_id", "representative"),
        VulnerabilityNoted: Case("vulnerability", "note_id", "vulnerable"),
    }
)
ENDINGS: Final[Mapping[type[Event], tuple[str, str, Ending]]] = MappingProxyType(
    {
        ArrangementBroken: ("arrangement", "arrangement_id", "resolved"),
        ArrangementCompleted: ("arrangement", "arrangement_id", "resolved"),
        ComplaintResolved: ("complaint", "complaint_id", "resolved"),
        HardshipDeclined: ("hardship", "claim_id", "resolved"),
        HardshipEnded: ("hardship", "claim_id", "resolved"),
        PromiseBroken: ("promise", "promise_id", "resolved"),
        PromiseKept: ("promise", "promise_id", "resolved"),
        PromisePartlyKept: ("promise", "promise_id", "resolved"),
        PromiseSuperseded: ("promise", "promise_id", "superseded"),
    }
)


def hold_for_case(borrower: Borrower, event: Event, _context: Context) -> Iterator[Event]:
    """Stop contact because of what the borrower said; it takes the place of the reading that came true in it."""
    case = CASES[type(event)]
    case_id: str = getattr(event, case.id_field)
    if isinstance(event, VulnerabilityNoted) and event.strength == "ended":
        yield from end_all(borrower, "vulnerable", "resolved", case_id)
        return
    kind: HoldKind = "identity_theft" if getattr(event, "kind", "") == "identity_theft" else case.kind
    placed = HoldPlaced(
        hold_id=hold_id(borrower.key, case.sort, case_id),
        kind=kind,
        scope=_scope_of(event),
        source="feedback",
        until=_until(event),
        because=case_id,
    )
    if not stands(borrower, placed):
        yield placed
    yield from end_certain_readings(borrower, case.kind, case_id)


def _scope_of(event: Event) -> Scope:
    """The loans it is about; the whole person where it names none, or is about how they are treated."""
    if isinstance(event, ContactStopped):
        return event.scope
    loan_ids = () if isinstance(event, ComplaintRaised | VulnerabilityNoted) else getattr(event, "loan_ids", ())
    return Scope("loans", loan_ids) if loan_ids else EVERYTHING


def _until(event: Event) -> datetime | None:
    """The end that was stated, by the bank's calendar where it is; None: an event ends it."""
    if not isinstance(event, HardshipConfirmed | RepresentativeNamed) or event.until is None:
        return None
    stated = event.ends_at if isinstance(event, HardshipConfirmed) else None
    return stated or end_of(event.until)


def end_of(day: date) -> datetime:
    """The instant at which a day is over everywhere on earth (12 hours behind UTC)."""
    return datetime.combine(day + timedelta(days=1), time(12), UTC)


def stands(borrower: Borrower, placed: HoldPlaced) -> bool:
    """Whether exactly that hold stands already."""
    same = (placed.hold_id, placed.kind, names_in(placed.scope), placed.until)
    return any((one.id, one.kind, one.names, one.until) == same for one in borrower.holds)


def end_case_hold(borrower: Borrower, event: Event, _context: Context) -> Iterator[Event]:
    """Contact may go on where nothing else stands in the way."""
    sort, id_field, reason = ENDINGS[type(event)]
    case_id: str = getattr(event, id_field)
    over = hold_id(borrower.key, sort, case_id)
    yield from (ended(hold, reason, case_id) for hold in borrower.holds if hold.id == over)


def end_all(borrower: Borrower, kind: str, reason: Ending, because: str) -> Iterator[Event]:
    """End every hold of a kind that followed from what the borrower said."""
    for hold in borrower.holds:
        if hold.kind == kind and hold.source == "feedback":
            yield ended(hold, reason, because)


def end_certain_readings(borrower: Borrower, kind: str, because: str) -> Iterator[Event]:
    """End the holds of a kind that rest on a certain reading; an unsure one waits for its person all the same."""
    for hold in borrower.holds:
        if hold.kind == kind and hold.awaits_confirmation is False:
            yield ended(hold, "superseded", because)


def settle_claimed_payment(
    borrower: Borrower, event: PaymentReceived | LoanCured, _context: Context
) -> Iterator[Event]:
    """The payment that the borrower spoke of has come."""
    for hold in borrower.holds:
        if (
            hold.kind == "payment_claimed"
            and hold.source == "feedback"
            and (not hold.names or event.loan_id in hold.names)
        ):
            yield ended(hold, "resolved", getattr(event, "payment_id", None))


def reopen_channel(borrower: Borrower, event: ConsentGiven, _context: Context) -> Iterator[Event]:
    """A fresh consent to a channel or address ends the stop on exactly that; one that runs out leaves it standing."""
    if event.matter != "channel" or event.scope.kind not in ("channel", "address") or event.expires_on is not None:
        return
    for hold in borrower.holds:
        if hold.kind == "stop" and (hold.reach, hold.names) == (event.scope.kind, names_in(event.scope)):
            yield ended(hold, "superseded", event.consent_id)


def hold_when_overwhelmed(borrower: Borrower, _event: Event, _context: Context) -> Iterator[Event]:
    """More wishes than a machine can keep: a person looks before anybody is contacted."""
    placed = HoldPlaced(hold_id(borrower.key, "wishes", "too-many"), "review", EVERYTHING, "rule")
    if is_overwhelmed(borrower) and not stands(borrower, placed):
        yield placed


def reconcile(borrower: Borrower, event: BalanceStated, _context: Context) -> Iterator[Event]:
    """Core banking's own figure differs from what follows from the facts: nobody is asked for an amount in doubt."""
    loan = borrower.loans.get(event.loan_id)
    if loan is None or (loan.as_of is not None and loan.as_of > event.as_of):
        return
    id_ = hold_id(borrower.key, "balance", event.loan_id)
    standing = next((one for one in borrower.holds if one.id == id_), None)
    differs = event.overdue_amount != loan.past_due
    if differs and standing is None:
        yield HoldPlaced(id_, "balance_difference", Scope("loans", (event.loan_id,)), "reconciliation")
    elif not differs and standing is not None:
        yield ended(standing, "resolved", None)


def end_holds_that_ran_out(borrower: Borrower, _wake: Wake, context: Context) -> Iterator[Event]:
    """A hold ends at its end, unless a person has to release it."""
    for hold in borrower.holds:
        if hold.until is not None and hold.until <= context.at:
            yield ended(hold, "expired", None)


def ended(hold: Hold, reason: Ending, because: str | None) -> HoldEnded:
    """The end of *hold*."""
    kind: Any = hold.kind
    return HoldEnded(hold.id, kind, reason, because)
