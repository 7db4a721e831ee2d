"""The case that the gate judges, built from what contact remembers: nothing is left out, and nothing is guessed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from services.contact.domain.borrower import Borrower, Contact, Loan, Wish
from services.contact.domain.gate import case, words
from services.contact.domain.reaching import LONG_AGO, consents_to, day_of, zone_of
from services.contact.domain.standing import is_about

NO_JURISDICTION: Final = "UNKNOWN"
"""No pack has this name, so the gate blocks whatever it cannot place."""
CHANNELS: Final = MappingProxyType({"app": "push", "voice_bot": "phone"})
"""Channels that the rules know under another name."""
PURPOSES: Final = MappingProxyType({"reminder_before_due": "collect_debt", "education": "collect_debt"})
"""Purposes the rules do not name are judged as the strictest one."""
OUTCOMES: Final = MappingProxyType(
    {
        "delivered": "delivered",
        "failed": "returned_undeliverable",
        "followed": "delivered",
        "opened": "delivered",
        "sent": "sent",
        "voicemail_left": "left_limited_content_message",
    }
)
"""Outcomes as the rules know them; one that is not known to them counts as connected."""
HOLDS: Final = MappingProxyType(
    {
        "arrangement": "plan_kept",
        "moratorium": "breathing_space",
        "promise": "plan_kept",
        **{
            kind: kind
            for kind in (
                "bankruptcy",
                "deceased",
                "disaster",
                "dispute",
                "hardship",
                "identity_theft",
                "minor",
                "payment_claimed",
                "regulator",
            )
        },
    }
)
"""Holds as the rules know them; any other is a regulator's word to them: it has no exceptions of its own."""
TELEPHONES: Final = frozenset({"phone", "ringless_voicemail", "sms", "voice_bot", "voicemail"})
"""Channels that ring or light up where the telephone is."""
AT_HOME: Final = frozenset({"mail", "postcard", "visit", "visit_card"})
"""Channels that reach the borrower at home, whatever the reference of the address."""
GATE_WISHES: Final = words.PREFERENCES
MINUTE: Final = 60


class Proposed(NamedTuple):
    """A contact somebody thinks of making; `says`: all that its text says, as content flags, None when nobody knows."""

    channel: str
    address_ref: str
    loan_ids: tuple[str, ...]
    purpose: str
    says: frozenset[str] | None = None


def contact_case(borrower: Borrower, proposed: Proposed, at: datetime) -> case.ContactCase:
    """All that the gate asks about *proposed*, as it would be made at *at*."""
    zone = zone_of(borrower)
    return case.ContactCase(
        jurisdictions=jurisdictions_of(borrower, proposed.loan_ids),
        debtor=_debtor(borrower, proposed, at, zone),
        proposed=_proposal(borrower, proposed),
        history=tuple(_past(one) for one in borrower.contacts),
    )


def jurisdictions_of(borrower: Borrower, loan_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Every jurisdiction that binds: the loans' own and the residence. The strictest of them wins."""
    residence = borrower.profile.jurisdiction if borrower.profile is not None else None
    loans = (borrower.loans[loan_id] for loan_id in loan_ids if loan_id in borrower.loans)
    laws = [loan.jurisdiction or residence or NO_JURISDICTION for loan in loans]
    return tuple(dict.fromkeys([*laws, residence] if residence else laws))


def _proposal(borrower: Borrower, proposed: Proposed) -> case.Proposal:
    """Without `by`: the strictest reading, as if a third party collected."""
    alone = proposed.loan_ids[0] if len(proposed.loan_ids) == 1 else None
    return case.Proposal(
        channel=CHANNELS.get(proposed.channel, proposed.channel),
        purpose=PURPOSES.get(proposed.purpose, proposed.purpose),
        to=None if proposed.channel in AT_HOME else proposed.address_ref,
        debt=alone,
        content_flags=proposed.says,
        place=_place(borrower, proposed),
    )


def _place(borrower: Borrower, proposed: Proposed) -> Literal["home", "work", "mobile", "unknown"] | None:
    """Where that address reaches the borrower; a telephone of which nobody said so may be anywhere."""
    entries = borrower.profile.channels if borrower.profile is not None else ()
    known = (one.place for one in entries if (one.channel, one.address_ref) == (proposed.channel, proposed.address_ref))
    return next(known, None) or ("unknown" if proposed.channel in TELEPHONES else None)


def _debtor(borrower: Borrower, proposed: Proposed, at: datetime, zone: ZoneInfo) -> case.Debtor:
    profile, loan_ids = borrower.profile, proposed.loan_ids
    signals = profile.location_signals if profile is not None else ()
    return case.Debtor(
        debts=tuple(_debt(loan_id, borrower.loans[loan_id], at, zone) for loan_id in loan_ids),
        time_zone=profile.time_zone if profile is not None else None,
        location_signals=tuple(case.LocationSignal(signal.kind, signal.tz) for signal in signals),
        preferences=tuple(_preferences(borrower, at, zone)),
        holds=tuple(_holds(borrower, loan_ids, zone)),
        email_provenance=_mail_provenance(borrower, proposed, at) if proposed.channel == "email" else None,
        sms_provenance=_text_provenance(borrower, proposed, at) if proposed.channel == "sms" else None,
    )


def _debt(loan_id: str, loan: Loan, at: datetime, zone: ZoneInfo) -> case.Debt:
    late = max(0, (day_of(at, zone) - loan.overdue_since).days) if loan.overdue_since is not None else 0
    return case.Debt(loan_id, type=loan.debt_type, days_past_due=late)


def _holds(borrower: Borrower, loan_ids: tuple[str, ...], zone: ZoneInfo) -> Iterator[case.HoldFact]:
    """Holds on the person or any of these loans: the second bar, for contact is given up when a hold is placed."""
    for hold in borrower.holds:
        if any(is_about(borrower, hold, loan_id) for loan_id in loan_ids):
            last = None if hold.until is None else day_of(hold.until - timedelta(microseconds=1), zone)
            yield case.HoldFact(HOLDS.get(hold.kind, "regulator"), until=last)


def _preferences(borrower: Borrower, at: datetime, zone: ZoneInfo) -> Iterator[case.Preference]:
    """What the borrower asked for and forbade; a consent to other hours that names none opens none."""
    yield from (_wish(wish, zone) for wish in borrower.wishes if wish.kind in GATE_WISHES and _is_running(wish, at))
    for hold in borrower.holds:
        if hold.reach == "place" and hold.names[0] in words.PLACES:
            yield case.Preference("inconvenient_place", place=hold.names[0])
        if hold.reach == "channel":
            yield case.Preference("channel_block", channel=_known_channel(hold.names[0]))
        if hold.reach == "address":
            yield case.Preference("address_block", address=hold.names[0])


def _is_running(wish: Wish, at: datetime) -> bool:
    return wish.until is None or at < wish.until


def _wish(wish: Wish, zone: ZoneInfo) -> case.Preference:
    return case.Preference(
        wish.kind,
        address=wish.address_ref,
        at=wish.stated_on,
        channel=_known_channel(wish.channel),
        days=wish.days,
        opens=wish.opens * MINUTE,
        closes=wish.closes * MINUTE,
        limit_per_day=wish.limit,
        place=wish.place if wish.place in words.PLACES else None,
        until=None if wish.until is None else day_of(wish.until - timedelta(microseconds=1), zone),
    )


def _known_channel(channel: str | None) -> str | None:
    """The channel as the rules know it; one they do not know means every channel."""
    named = CHANNELS.get(channel or "", channel)
    return named if named in words.PAST_CHANNELS else None


def _mail_provenance(borrower: Borrower, proposed: Proposed, at: datetime) -> case.EmailProvenance:
    """What is known of the mail address, by the latest word on it: one agreed to came from the borrower."""
    _, consent = _last_word(borrower, proposed, at)
    at_work = _place(borrower, proposed) == "work"
    via: Literal["6(d)(4)(i)"] | None = "6(d)(4)(i)" if consent else None
    return case.EmailProvenance(via=via, employer_provided=at_work, opted_out=consent is False)


def _text_provenance(borrower: Borrower, proposed: Proposed, at: datetime) -> case.TextProvenance:
    """What is known of the number for text messages, by the latest word on it."""
    given_at, consent = _last_word(borrower, proposed, at)
    return case.TextProvenance(
        consent=consent,
        consent_at=None if given_at is None or consent is None else day_of(given_at, zone_of(borrower)),
        debtor_texted=any(one.inbound and one.channel == "sms" for one in borrower.contacts),
    )


def _last_word(borrower: Borrower, proposed: Proposed, at: datetime) -> tuple[datetime | None, bool | None]:
    """When somebody last said whether the borrower agreed to that address, and what."""
    entries = borrower.profile.channels if borrower.profile is not None else ()
    said: list[tuple[datetime | None, bool | None]] = [
        (entry.consent_at, entry.consent)
        for entry in entries
        if (entry.channel, entry.address_ref) == (proposed.channel, proposed.address_ref) and entry.consent is not None
    ]
    said.extend(consents_to(borrower, proposed.channel, proposed.address_ref, at))
    return max(said, key=lambda word: word[0] or LONG_AGO, default=(None, None))


def _past(one: Contact) -> case.PastContact:
    return case.PastContact(
        at=one.at,
        channel=_known_channel(one.channel) or "phone",
        direction="in" if one.inbound else "out",
        outcome=_outcome(one.outcome),
        debts=one.loan_ids,
        placed_for=one.loan_ids,
        to=None if one.channel in AT_HOME else one.to,
        by=one.by,
        ref=one.contact_id or "",
    )


def _outcome(outcome: str) -> str | None:
    """An outcome that the rules do not know, or that nobody knows, is None to them: it counts as connected."""
    known = OUTCOMES.get(outcome, outcome)
    return known if known in words.OUTCOMES else None
