"""What the borrower or a third person forbade: debts, media, addresses, places, persons; effective on receipt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal

from services.contact.domain.gate import words
from services.contact.domain.gate.case import Preference
from services.contact.domain.gate.facts import Moment
from services.contact.domain.gate.reading import Between
from services.contact.domain.gate.rule import PASS, Finding, Rule
from services.contact.domain.gate.zones import ONE_DAY, start_of_day


@dataclass(frozen=True, slots=True, kw_only=True)
class DoNotContact(Rule):
    """A closed debt, medium, address, place or person; `because` names what closed it.

    `places` are places the law itself closes; `holds_days` is how long an oral request to spare the work place lasts,
    unless it is confirmed in writing within `confirm_days`.
    """

    kind: Literal["do_not_contact"] = "do_not_contact"
    because: Literal["cease", "medium", "address", "person", "place", "employer", "oral_work_request", "closed_place"]
    places: frozenset[words.Place] = frozenset()
    opened_by: frozenset[str] = frozenset()
    holds_days: Annotated[int, Between(1, 366)] = 10
    confirm_days: Annotated[int, Between(1, 366)] = 7

    def weigh(self, moment: Moment) -> Finding:
        return WEIGH[self.because](self, moment)


def _weigh_cease(rule: DoNotContact, moment: Moment) -> Finding:
    """Notice is complete on receipt; it closes the debts it names, or all."""
    facts = moment.facts
    for item in facts.past:
        if item.outcome == "cease_communication_received" and facts.discussed(item, facts.debt_ids()):
            return rule.object("deny", "the borrower asked for silence on this debt", contacts=(item.ref,))
    return PASS


def _weigh_medium(rule: DoNotContact, moment: Moment) -> Finding:
    refused = (
        wish
        for wish in moment.facts.preferences("channel_block")
        if wish.channel is None or words.medium_of(wish.channel) == moment.facts.medium
    )
    return _first_running(rule, tuple(refused), moment, "a medium the borrower refused")


def _weigh_address(rule: DoNotContact, moment: Moment) -> Finding:
    """An address refused is refused for every debt; a contact that names no address may be going there."""
    facts = moment.facts
    refused = (
        wish
        for wish in facts.preferences("address_block")
        if (wish.channel is None or words.medium_of(wish.channel) == facts.medium)
        and (facts.proposed.to is None or wish.address is None or wish.address == facts.proposed.to)
    )
    return _first_running(rule, tuple(refused), moment, "an address the borrower refused")


def _first_running(rule: DoNotContact, refused: tuple[Preference, ...], moment: Moment, reason: str) -> Finding:
    """An objection while any of the wishes runs; one that ends defers to the day after its last."""
    running = [wish for wish in refused if any(wish.is_running(moment.today(zone)) for zone in moment.zones)]
    if not running:
        return PASS
    ends = [wish.until for wish in running if wish.until is not None]
    if len(ends) < len(running):
        return rule.object("deny", reason)
    return rule.defer(reason, max(start_of_day(max(ends) + ONE_DAY, zone) for zone in moment.zones))


def _weigh_person(rule: DoNotContact, moment: Moment) -> Finding:
    """A third person who refused once is never contacted again; who refused is unknown when nobody is named."""
    facts = moment.facts
    for item in facts.past:
        if item.outcome == "third_party_refused" and item.to in (None, facts.proposed.recipient):
            return rule.object("deny", "that person refused to be contacted", contacts=(item.ref,))
    return PASS


def _weigh_place(rule: DoNotContact, moment: Moment) -> Finding:
    """A place closes what is tied to it, and what is not while the borrower is known to be there; one untold, all."""
    here = (None, *_places(moment))
    refused = tuple(wish for wish in moment.facts.preferences("inconvenient_place") if wish.place in here)
    return _first_running(rule, refused, moment, "a place the borrower closed")


def _weigh_employer(rule: DoNotContact, moment: Moment) -> Finding:
    forbidden = moment.facts.preferences("employer_prohibits") if "work" in _places(moment) else ()
    return _first_running(rule, forbidden, moment, "the employer forbids it")


def _weigh_oral_work_request(rule: DoNotContact, moment: Moment) -> Finding:
    """An oral request lasts `holds_days` after its date; in writing, or confirmed in time, it has no end."""
    if "work" not in _places(moment):
        return PASS
    for wish in moment.facts.preferences("no_work_calls"):
        confirmed = wish.written_confirmation
        in_time = confirmed is not None and wish.at is not None and (confirmed - wish.at).days <= rule.confirm_days
        lasts = wish.at is None or wish.form != "oral" or in_time
        if lasts or any(
            moment.today(zone) <= (wish.at or moment.today(zone)) + timedelta(days=rule.holds_days)
            for zone in moment.zones
        ):
            return rule.object("deny", "no calls at work, as the borrower asked")
    return PASS


def _weigh_closed_place(rule: DoNotContact, moment: Moment) -> Finding:
    agreed = moment.facts.spoken_of_here(*rule.opened_by)
    if moment.facts.place in rule.places and not any(wish.covers(moment.local(moment.zone)) for wish in agreed):
        return rule.object("deny", "a place that the law does not open")
    return PASS


def _places(moment: Moment) -> tuple[str | None, ...]:
    """Where the contact may reach the borrower; a telephone that is not named, or not placed, may be anywhere."""
    facts = moment.facts
    if facts.place is not None:
        return (facts.place,)
    if facts.proposed.place == "unknown" or (facts.proposed.to is None and facts.medium == "phone"):
        return ("home", "work")
    return (facts.case.debtor.known_current_place,)


WEIGH: Final[Mapping[str, Callable[[DoNotContact, Moment], Finding]]] = {
    "cease": _weigh_cease,
    "medium": _weigh_medium,
    "address": _weigh_address,
    "person": _weigh_person,
    "place": _weigh_place,
    "employer": _weigh_employer,
    "oral_work_request": _weigh_oral_work_request,
    "closed_place": _weigh_closed_place,
}
