"""Holds that a person asks for, and ends."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.contact.domain.borrower import Borrower
from services.contact.domain.commands import EndHold, PlaceHold
from services.contact.domain.context import Context
from services.contact.domain.evolve import names_in
from services.contact.domain.holding import ONLY_PERSONS_RELEASE, ended, stands
from services.contact.domain.profile import is_reference
from shared.events import Event, HoldPlaced, Scope
from shared.refusal import Refusal

HOLDS_MAX: Final = 100


def decide_hold(borrower: Borrower, command: PlaceHold, context: Context) -> Sequence[Event] | Refusal:
    """Place a hold for a person; saying the same twice is saying it once."""
    lasting = command.kind in ONLY_PERSONS_RELEASE
    placed = HoldPlaced(
        hold_id=command.hold_id,
        kind=command.kind,
        scope=as_announced(command.scope),
        source="person",
        until=None if lasting else command.until,
        person_releases=lasting,
        stop_debits=command.stop_debits,
        stop_interest=command.stop_interest,
    )
    if stands(borrower, placed):
        return ()
    return refuse_hold(borrower, command, context) or (placed,)


def refuse_hold(borrower: Borrower, command: PlaceHold, context: Context) -> Refusal | None:
    """A hold reaches something, has an end that is still to come, and is not one too many."""
    scope = command.scope
    if any(one.id == command.hold_id for one in borrower.holds):
        return Refusal("hold-exists", "A hold of this id stands, with other content.", ("/hold_id",))
    bad_scope = refuse_scope(scope)
    if bad_scope is not None:
        return bad_scope
    if command.until is not None and command.until <= context.at:
        return Refusal("already-over", "The hold would be over already.", ("/until",))
    if len(borrower.holds) >= HOLDS_MAX:
        return Refusal("too-many-holds", f"At most {HOLDS_MAX} holds can stand at one time.")
    return None


def refuse_scope(scope: Scope) -> Refusal | None:
    """A scope names what its kind is about: an address by its reference, a place that can be told."""
    if scope.kind != "everything" and not names_in(scope):
        return Refusal("bad-scope", "A scope names what its kind is about.", ("/scope",))
    if scope.place == "other":
        detail = "Nobody can tell whether the borrower is there: hold home, work, a channel or an address."
        return Refusal("place-not-known", detail, ("/scope/place",))
    if scope.address_ref is not None and not is_reference(scope.address_ref):
        return Refusal("not-a-reference", "An address is given by its reference, a UUID.", ("/scope/address_ref",))
    return None


def as_announced(scope: Scope) -> Scope:
    """*scope* with its reference as the vault writes it."""
    return scope if scope.address_ref is None else replace(scope, address_ref=scope.address_ref.lower())


def decide_end(borrower: Borrower, command: EndHold, _context: Context) -> Sequence[Event] | Refusal:
    """End a hold for a person."""
    hold = next((one for one in borrower.holds if one.id == command.hold_id), None)
    if hold is None:
        return Refusal("unknown-hold", "No such hold stands.", ("/hold_id",))
    return (ended(hold, "released", None),)
