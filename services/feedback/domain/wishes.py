"""What the borrower wishes: stops, consents and preferences; contact obeys them when it hears of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.feedback.domain.borrower import CONSENTS_MAX, Borrower, remember_answered, unknown_loans
from services.feedback.domain.commands import GiveConsent, StatePreference, StopContact, WithdrawConsent
from services.feedback.domain.context import Context
from services.feedback.domain.marks import judge_repeat, mark
from services.feedback.domain.references import as_announced, refuse_reference, written
from shared.events import ConsentGiven, ConsentWithdrawn, ContactStopped, Event, PreferenceStated, Scope
from shared.refusal import Refusal

SCOPE_FIELD: Final = {"loans": "loan_ids", "channel": "channel", "address": "address_ref", "place": "place"}
"""The one field that says how far a scope of that kind reaches; a borrower speaks for no segment."""

WAYS: Final = frozenset({"address", "channel", "everything"})
"""Scopes that say by which way somebody agrees to be reached."""

PREFERENCE_FIELDS: Final = {
    "address_block": ("address_ref",),
    "agreed_attempts": ("limit_per_day",),
    "agreed_contact_time": ("from_time", "until_time"),
    "channel_block": ("channel",),
    "consent_out_of_hours": ("from_time", "until_time"),
    "employer_prohibits": (),
    "inconvenient_days": ("days",),
    "inconvenient_place": ("place",),
    "inconvenient_slot": ("from_time", "until_time"),
    "language": ("language",),
    "no_work_calls": (),
    "preferred_channel": ("channel",),
    "preferred_window": ("from_time", "until_time"),
}
"""What a preference of each kind cannot do without."""


def stop_contact(borrower: Borrower, command: StopContact, context: Context) -> Sequence[Event] | Refusal:
    """Announce the stop; it holds from the moment it was received."""
    stopped = ContactStopped(
        stop_id=command.stop_id,
        scope=as_announced(command.scope),
        received_at=context.now,
        channel=command.channel,
        reply_id=command.reply_id,
        via=command.via,
    )
    repeat = judge_repeat(borrower, stopped.stop_id, stopped, "/stop_id")
    if repeat is not None:
        return repeat
    return refuse_scope(borrower, stopped.scope) or (stopped,)


def refuse_scope(borrower: Borrower, scope: Scope) -> Refusal | None:
    """A scope names exactly what its kind is about, and only loans of this borrower."""
    needed = SCOPE_FIELD.get(scope.kind)
    if needed is None and scope.kind != "everything":
        return Refusal("bad-scope", "A borrower cannot speak for that scope.", ("/scope/kind",))
    named = {name for name in (*SCOPE_FIELD.values(), "segment") if getattr(scope, name)}
    if named != ({needed} if needed else set()):
        return Refusal("bad-scope", "A scope names what its kind is about, and nothing else.", ("/scope",))
    if scope.place == "other":
        return Refusal("place-not-known", PLACE_NOT_KNOWN, ("/scope/place",))
    not_a_reference = refuse_reference(scope)
    if not_a_reference is not None:
        return not_a_reference
    if unknown_loans(borrower, scope.loan_ids):
        return Refusal("unknown-loan", "Not every loan is known to be this borrower's.", ("/scope/loan_ids",))
    return None


def give_consent(borrower: Borrower, command: GiveConsent, context: Context) -> Sequence[Event] | Refusal:
    """Announce the consent."""
    given = ConsentGiven(
        consent_id=command.consent_id,
        matter=command.matter,
        scope=as_announced(command.scope),
        given_at=context.now,
        expires_on=command.expires_on,
        in_writing=command.in_writing,
    )
    repeat = judge_repeat(borrower, given.consent_id, given, "/consent_id")
    if repeat is not None:
        return repeat
    return refuse_consent(borrower, given, context) or (given,)


def refuse_consent(borrower: Borrower, given: ConsentGiven, context: Context) -> Refusal | None:
    """A consent opens something, reaches somewhere, is not over yet, and is not one too many."""
    if given.matter == "out_of_hours":
        detail = "Hours are agreed to by a preference, consent_out_of_hours, which says which."
        return Refusal("consent-without-hours", detail, ("/matter",))
    if given.matter == "channel" and given.scope.kind not in WAYS:
        detail = "To be reached is agreed to for everything, a channel or an address."
        return Refusal("bad-scope", detail, ("/scope/kind",))
    today = context.policies_of(borrower.jurisdiction).date_of(context.now)
    if given.expires_on is not None and given.expires_on < today:
        return Refusal("already-over", "The consent would be over already.", ("/expires_on",))
    if len(borrower.consents) >= CONSENTS_MAX:
        return Refusal("too-many-consents", f"At most {CONSENTS_MAX} consents can stand at one time.")
    return refuse_scope(borrower, given.scope)


def withdraw_consent(borrower: Borrower, command: WithdrawConsent, context: Context) -> Sequence[Event] | Refusal:
    """Announce that the consent is taken back; saying so twice is saying it once."""
    if command.consent_id in borrower.consents:
        return (ConsentWithdrawn(command.consent_id, context.now),)
    if any(matter.id == command.consent_id for matter in borrower.answered):
        return ()
    return Refusal("unknown-consent", "No such consent is known.", ("/consent_id",))


def state_preference(borrower: Borrower, command: StatePreference, context: Context) -> Sequence[Event] | Refusal:
    """Announce the preference, until the end of a day on the bank's calendar or for good."""
    policies = context.policies_of(borrower.jurisdiction)
    today = policies.date_of(context.now)
    if command.until_on is not None and not 0 <= (command.until_on - today).days <= PREFERENCE_DAYS_MAX:
        detail = f"A preference ends from 0 to {PREFERENCE_DAYS_MAX} days from today, or not at all."
        return Refusal("bad-end", detail, ("/until_on",))
    stated = PreferenceStated(
        preference_id=command.preference_id,
        kind=command.kind,
        stated_at=context.now,
        channel=command.channel,
        address_ref=written(command.address_ref),
        place=command.place,
        days=command.days,
        from_time=command.from_time,
        until_time=command.until_time,
        limit_per_day=command.limit_per_day,
        language=command.language,
        until=policies.end_of(command.until_on) if command.until_on else None,
        via=command.via,
    )
    repeat = judge_repeat(borrower, stated.preference_id, stated, "/preference_id")
    if repeat is not None:
        return repeat
    return refuse_preference(stated) or (stated,)


PREFERENCE_DAYS_MAX: Final = 3660
PLACE_NOT_KNOWN: Final = "Nobody can tell whether the borrower is there: close home, work, a channel or an address."


def refuse_preference(stated: PreferenceStated) -> Refusal | None:
    """A preference says what its kind is about; its hours begin and end at different times of day, both or neither."""
    if stated.place == "other":
        return Refusal("place-not-known", PLACE_NOT_KNOWN, ("/place",))
    missing = [name for name in PREFERENCE_FIELDS[stated.kind] if getattr(stated, name) in {None, ()}]
    if missing:
        pointers = tuple(f"/{name}" for name in missing)
        return Refusal("preference-incomplete", "A preference of that kind needs more to be stated.", pointers)
    if (stated.from_time is None) != (stated.until_time is None):
        return Refusal("bad-hours", "Hours have a beginning and an end.", ("/from_time", "/until_time"))
    if stated.from_time is not None and stated.from_time == stated.until_time:
        return Refusal("bad-hours", "Hours begin and end at different times.", ("/from_time", "/until_time"))
    return None


def remember_stop(borrower: Borrower, event: ContactStopped) -> Borrower:
    """The id is known from now on."""
    return remember_answered(borrower, event.stop_id, mark(event))


def remember_preference(borrower: Borrower, event: PreferenceStated) -> Borrower:
    """The id is known from now on."""
    return remember_answered(borrower, event.preference_id, mark(event))


def open_consent(borrower: Borrower, event: ConsentGiven) -> Borrower:
    """The consent stands."""
    return replace(borrower, consents={**borrower.consents, event.consent_id: mark(event)})


def close_consent(borrower: Borrower, event: ConsentWithdrawn) -> Borrower:
    """The consent stands no more."""
    was = borrower.consents.get(event.consent_id)
    if was is None:
        return borrower
    standing = {known: known_as for known, known_as in borrower.consents.items() if known != event.consent_id}
    return remember_answered(replace(borrower, consents=standing), event.consent_id, was)
