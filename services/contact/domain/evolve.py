"""How what was heard and said changes what contact knows of a borrower. Total: anything else leaves it as it is."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from services.contact.domain.borrower import Borrower, Hold, Risk
from services.contact.domain.commands import StateProfile
from services.contact.domain.contacting import STEP_CHANGES
from services.contact.domain.owing import LOAN_CHANGES
from services.contact.domain.wishes import WISH_CHANGES
from shared.events import HoldEnded, HoldPlaced, RiskAssessed, Scope
from shared.events.risk import Axis


def evolve(borrower: Borrower, fact: Any) -> Borrower:
    """*borrower* after *fact*: an event heard or said, or a command."""
    change = CHANGES.get(type(fact))
    return change(borrower, fact) if change else borrower


def note_risk(borrower: Borrower, event: RiskAssessed) -> Borrower:
    """Scoring's last word."""
    cash = tuple((one.currency, one.amount) for one in event.expected_cash)
    risk = Risk(event.valid_until, _score(event.ability), _score(event.willingness), event.cure_probability, cash)
    return replace(borrower, risk=risk)


def _score(axis: Axis) -> int | None:
    return axis.score if axis.verdict == "scored" else None


def note_profile(borrower: Borrower, command: StateProfile) -> Borrower:
    """The profile as stated; an address that once reached nobody stays so for as long as it stands there."""
    stated = {entry.address_ref for entry in command.profile.channels}
    invalid = tuple(ref for ref in borrower.invalid if ref in stated)
    return replace(borrower, profile=command.profile, invalid=invalid)


def place_hold(borrower: Borrower, event: HoldPlaced) -> Borrower:
    """A hold stands from now on, as it was placed last; one that names nothing reaches everything."""
    hold = Hold(
        id=event.hold_id,
        kind=event.kind,
        reach=event.scope.kind if names_in(event.scope) else "everything",
        names=names_in(event.scope),
        until=event.until,
        source=event.source,
        awaits_confirmation=event.awaits_confirmation,
    )
    rest = tuple(one for one in borrower.holds if one.id != hold.id)
    return replace(borrower, holds=(*rest, hold))


def names_in(scope: Scope) -> tuple[str, ...]:
    """What a scope names, by its kind."""
    if scope.kind == "loans":
        return scope.loan_ids
    named = {"channel": scope.channel, "address": scope.address_ref, "place": scope.place, "segment": scope.segment}
    name = named.get(scope.kind)
    return () if name is None else (name,)


def end_hold(borrower: Borrower, event: HoldEnded) -> Borrower:
    """The hold stands no more."""
    return replace(borrower, holds=tuple(one for one in borrower.holds if one.id != event.hold_id))


CHANGES: Final[Mapping[type, Callable[[Borrower, Any], Borrower]]] = MappingProxyType(
    {
        **LOAN_CHANGES,
        **WISH_CHANGES,
        **STEP_CHANGES,
        RiskAssessed: note_risk,
        StateProfile: note_profile,
        HoldPlaced: place_hold,
        HoldEnded: end_hold,
    }
)
