"""By what channel: addresses whose provenance allows it, consent that is fresh, and channels closed altogether."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final, Literal

from services.contact.domain.gate import words
from services.contact.domain.gate.case import EmailProvenance, PastContact
from services.contact.domain.gate.facts import Moment, person_reached
from services.contact.domain.gate.reading import Between
from services.contact.domain.gate.rule import PASS, Finding, Rule
from services.contact.domain.gate.zones import ONE_DAY, start_of_day


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelGate(Rule):
    """What a channel needs before it may be used; `needs` names the test.

    `never`: closed altogether. `known_email`: somebody said how the address was come by. `creditor_email`,
    `prior_collector_email`, `private_email`, `wanted_email` and `fresh_text_number`: by the provenance of the address;
    where nobody stated one it is not judged, only flagged.
    `spoken_or_written`: the borrower was spoken to, or written to `days` ago without a return.
    """

    kind: Literal["channel_gate"] = "channel_gate"
    needs: Literal[
        "never",
        "creditor_email",
        "prior_collector_email",
        "private_email",
        "wanted_email",
        "known_email",
        "fresh_text_number",
        "spoken_or_written",
    ]
    days: Annotated[int, Between(0, 366)] = 0
    public_domains: frozenset[str] = frozenset()

    def weigh(self, moment: Moment) -> Finding:
        return WEIGH[self.needs](self, moment)


def _weigh_never(rule: ChannelGate, _moment: Moment) -> Finding:
    return rule.object("deny", "a channel that is closed")


def _weigh_creditor_email(rule: ChannelGate, moment: Moment) -> Finding:
    """The creditor's address, after a notice that left at least `days` to opt out, once that time has run out."""
    mail = moment.facts.case.debtor.email_provenance
    if mail is None or (mail.obtained_by != "creditor" and (mail.obtained_by is not None or mail.via != "6(d)(4)(ii)")):
        return PASS
    sent, deadline = mail.notice_sent, mail.opt_out_deadline
    if mail.opted_out or not _is_public(mail, rule) or sent is None or deadline is None:
        return rule.object("deny", "the creditor's address may not be used: opted out, not public, or no notice")
    if deadline < sent + timedelta(days=rule.days):
        return rule.object("deny", f"the notice left fewer than {rule.days} days to opt out")
    if all(moment.today(zone) > deadline for zone in moment.zones):
        return PASS
    return rule.defer(
        "the time to opt out still runs", max(start_of_day(deadline + ONE_DAY, zone) for zone in moment.zones)
    )


def _is_public(mail: EmailProvenance, rule: ChannelGate) -> bool:
    """Whether the general public may use the domain; unknown is no."""
    return mail.public_domain if mail.public_domain is not None else mail.domain in rule.public_domains


def _weigh_prior_collector_email(rule: ChannelGate, moment: Moment) -> Finding:
    mail = moment.facts.case.debtor.email_provenance
    if mail is None or not _is_from_prior_collector(mail) or (_was_used_last(mail) and not mail.opted_out):
        return PASS
    return rule.object("deny", "the collector immediately before did not use the address, or the borrower opted out")


def _is_from_prior_collector(mail: EmailProvenance) -> bool:
    return mail.obtained_by is not None and "collector_" in mail.obtained_by


def _was_used_last(mail: EmailProvenance) -> bool:
    if mail.used_by_immediately_prior is not None:
        return mail.used_by_immediately_prior
    return bool(mail.chain) and mail.chain[-1].endswith(" used")


def _weigh_private_email(rule: ChannelGate, moment: Moment) -> Finding:
    """Not the employer's address, unless the borrower used or offered it, or a prior collector properly did."""
    mail = moment.facts.case.debtor.email_provenance
    if mail is None or not mail.employer_provided or _is_from_prior_collector(mail):
        return PASS
    if mail.obtained_by == "debtor_used_it" or (mail.obtained_by is None and mail.via == "6(d)(4)(i)"):
        return PASS
    return rule.object("deny", "the address is the employer's")


def _weigh_wanted_email(rule: ChannelGate, moment: Moment) -> Finding:
    mail = moment.facts.case.debtor.email_provenance
    return PASS if mail is None or not mail.opted_out else rule.object("deny", "the borrower opted out of this address")


def _weigh_known_email(rule: ChannelGate, moment: Moment) -> Finding:
    """A provenance that says nothing of how the address was come by is for a person to look at."""
    mail = moment.facts.case.debtor.email_provenance
    if mail is None or mail.obtained_by is not None or mail.via is not None or mail.chain:
        return PASS
    return rule.object("review", "nobody knows how the address was come by")


def _weigh_fresh_text_number(rule: ChannelGate, moment: Moment) -> Finding:
    """Consent or the borrower's own text, refreshed or checked against reassignment within `days`."""
    number = moment.facts.case.debtor.sms_provenance
    if number is None:
        return PASS
    allowed = (
        number.consent is True or number.debtor_texted or (number.consent is None and number.consent_at is not None)
    )
    dates = [day for day in (number.consent_at, number.reassignment_check_at) if day is not None]
    if allowed and any(_is_fresh(day, rule.days, moment) for day in dates):
        return PASS
    return rule.object("deny", f"no consent by text or in person, or none refreshed or checked within {rule.days} days")


def _is_fresh(day: date, days: int, moment: Moment) -> bool:
    return all(day <= moment.today(zone) <= day + timedelta(days=days) for zone in moment.zones)


def _weigh_spoken_or_written(rule: ChannelGate, moment: Moment) -> Finding:
    """Spoken to about the debt, or written to and not returned within `days` dates; sending is on the first."""
    facts = moment.facts
    mine = (item for item in facts.past if person_reached(item.to) == "debtor")
    about = [item for item in mine if facts.discussed(item, facts.debt_ids())]
    if any(item.outcome == "conversation" for item in about):
        return PASS
    written = [item for item in about if _is_written(item) and not _came_back(item, about, rule.days)]
    if not written:
        return rule.object("deny", "the borrower was neither spoken to nor written to about this debt")
    first = min(item.at for item in written)
    until = max(start_of_day(first.astimezone(zone).date() + timedelta(days=rule.days), zone) for zone in moment.zones)
    return PASS if moment.at >= until else rule.defer(f"within {rule.days} days of writing", until)


def _is_written(item: PastContact) -> bool:
    written = item.channel == "mail" or item.channel in words.MESSAGES
    return item.direction == "out" and written and item.outcome not in ("returned_undeliverable", "in_progress")


def _came_back(sent: PastContact, past: list[PastContact], days: int) -> bool:
    """Whether a return of what was *sent* became known within `days`."""
    return any(
        item.outcome == "returned_undeliverable"
        and words.medium_of(item.channel) == words.medium_of(sent.channel)
        and sent.at < item.at < sent.at + timedelta(days=days)
        for item in past
    )


WEIGH: Final[Mapping[str, Callable[[ChannelGate, Moment], Finding]]] = {
    "never": _weigh_never,
    "creditor_email": _weigh_creditor_email,
    "prior_collector_email": _weigh_prior_collector_email,
    "private_email": _weigh_private_email,
    "wanted_email": _weigh_wanted_email,
    "known_email": _weigh_known_email,
    "fresh_text_number": _weigh_fresh_text_number,
    "spoken_or_written": _weigh_spoken_or_written,
}
