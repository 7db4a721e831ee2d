"""The gate asked about one contact, and its whole answer as a record that travels."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from services.contact.domain.borrower import Borrower
from services.contact.domain.casework import Proposed, contact_case
from services.contact.domain.context import Context
from services.contact.domain.gate.case import ContactCase
from services.contact.domain.gate.deciding import decide_contact
from services.contact.domain.gate.decision import Decision
from shared.events import Evidence, GateDecision, Objection

HOUSE: Final = "HOUSE"
EVIDENCE_MAX: Final = 50
OBJECTIONS_MAX: Final = 50


def judge(borrower: Borrower, proposed: Proposed, at: datetime, context: Context) -> GateDecision:
    """The gate's answer about *proposed* if it were made at *at*."""
    case = contact_case(borrower, proposed, at)
    decision = decide_contact(case, context.packs, at, context.calendars)
    if proposed.says is not None:
        decision = _with_content(decision, case, at, context)
    return recorded(decision)


def _with_content(decision: Decision, case: ContactCase, at: datetime, context: Context) -> Decision:
    """*decision*, unless the text may not go out as what it is: the lender's own, its flags being all that it says.

    Everything else is judged as if a collector made the contact, whose texts owe more than a lender's can say.
    """
    own = replace(case, proposed=replace(case.proposed, by="lender", complete=True))
    text = decide_contact(own, context.packs.about_content, at, context.calendars)
    if text.decision == "allow":
        return decision
    new = [one for one in text.objections if one.rule not in {known.rule for known in decision.objections}]
    denied = replace(decision, decision="deny", earliest_permitted=None, objections=(*decision.objections, *new))
    return denied if decision.decision == "deny" else replace(denied, rule=text.rule)


def refused_by_house(rule: str, context: Context, *, review: bool) -> GateDecision:
    """The house's own answer, for what no pack speaks of: deny, or ask a person."""
    return GateDecision("review" if review else "deny", HOUSE, context.strategy.version, rule=rule)


def recorded(decision: Decision) -> GateDecision:
    """The decision record: the deciding rule, all objections, and the evidence used."""
    assert decision.decision != "compute", "a contact is judged, not computed"
    return GateDecision(
        decision=decision.decision,
        pack="+".join(decision.packs) or "none",
        pack_version=_version(decision.packs),
        rule=decision.rule,
        earliest_permitted=decision.earliest_permitted,
        objections=tuple(Objection(one.rule, one.verdict, one.until) for one in decision.objections[:OBJECTIONS_MAX]),
        evidence=tuple(_evidence(decision))[:EVIDENCE_MAX],
        flags=decision.flags,
    )


def _version(packs: Mapping[str, str]) -> str:
    """One version where all packs share it, else each pack's in their order."""
    versions = list(dict.fromkeys(packs.values()))
    return (versions[0] if len(versions) == 1 else "+".join(packs.values())) if versions else "none"


def _evidence(decision: Decision) -> Iterator[Evidence]:
    """Which contacts an objection counted, until when hours are closed, and how many each cap had counted."""
    for one in decision.objections:
        yield from (Evidence("contact", one.rule, reference) for reference in one.contacts if reference)
        if one.until is not None and not one.contacts:
            yield Evidence("hours", one.rule, until=one.until)
    for line in decision.trace:
        if line.counted is not None:
            yield Evidence("count", line.rule, count=line.counted)
