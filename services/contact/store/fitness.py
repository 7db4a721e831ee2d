"""Whether the texts say what the packs ask of them, and nothing that they forbid: looked at before anything is sent."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from services.contact.domain.gate.case import ContactCase, Debt, Debtor, Proposal
from services.contact.domain.gate.deciding import decide_contact
from services.contact.domain.gate.pack import Pack, Packs
from services.contact.domain.strategy import Strategy
from services.contact.store.texts import BadTemplate, Text, Texts
from services.contact.store.wording import misstated

SAMPLE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "amounts": ({"amount": "1250.00", "currency": "CNY"},),
        "due_on": "2026-03-01",
        "loans": 1,
        "lender": "Example",
        "name": "Example",
    }
)
"""Figures as a message has them, to look at a text by before anything is sent."""

log = logging.getLogger("forbear.texts")


@dataclass(frozen=True, slots=True)
class Misfit:
    """A text that a rule of a pack objects to on a channel; `missing` is what it lacks, none where it says too much."""

    text: str
    channel: str
    pack: str
    rule: str
    missing: tuple[str, ...]


def check_texts(texts: Texts, packs: Packs, strategy: Strategy, now: datetime) -> None:
    """Alarm about what texts lack somewhere.

    Raises: BadTemplate for a text that says what a pack forbids, or what its author does not vouch for.
    """
    for text in texts.by_name.values():
        check_wording(text)
    for misfit in misfits(texts, packs, strategy, now):
        where = f"{misfit.text} by {misfit.channel}: {misfit.pack} {misfit.rule}"
        if not misfit.missing:
            raise BadTemplate(f"{where} forbids what it says")
        log.warning("a text lacks what a pack asks for", extra={"type": where})


def check_wording(text: Text) -> None:
    """Raises: BadTemplate for an approved text whose words say otherwise than its header."""
    rendered = text.render(SAMPLE) if text.approved else None
    wrong = misstated(text, rendered[1], SAMPLE) if rendered is not None else frozenset[str]()
    if wrong:
        raise BadTemplate(f"{text.name}.{text.language}: its header and its words differ in {', '.join(sorted(wrong))}")


def misfits(texts: Texts, packs: Packs, strategy: Strategy, now: datetime) -> Iterator[Misfit]:
    """Every objection of a content rule to an approved text, on each channel that it may go by."""
    written = {rung.template: rung.channels for rung in strategy.ladder}
    for text in texts.by_name.values():
        for channel in sorted(text.channels or written.get(text.name, frozenset())) if text.approved else ():
            for pack in packs.by_name.values():
                if not pack.always:
                    yield from _objections(text, channel, pack, packs.about_content, now)


def _objections(text: Text, channel: str, pack: Pack, packs: Packs, now: datetime) -> Iterator[Misfit]:
    proposal = Proposal(channel=channel, by="lender", debt="any", content_flags=text.says, complete=True)
    debtor = Debtor(debts=(Debt("any"),), time_zone=pack.zones[0])
    decision = decide_contact(ContactCase((pack.name,), debtor, proposal), packs, now)
    for objection in decision.objections:
        yield Misfit(f"{text.name}.{text.language}", channel, pack.name, objection.rule, objection.must)
