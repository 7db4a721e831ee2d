"""Stories for the laws of contact: three sources and the clock in any order, and a model of what is forbidden.

The model follows the facts beside the house, in a few lines, and knows of the borrower nothing else.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import cache
from random import Random

from services.contact.domain import commands
from services.contact.domain.borrower import Borrower, blank
from services.contact.domain.context import Hearing
from services.contact.domain.decide import decide
from services.contact.domain.evolve import evolve
from services.contact.domain.gate.pack import Pack, Packs, parse_pack
from services.contact.domain.profile import ChannelProfile
from services.contact.domain.strategy import Strategy, parse_strategy
from services.contact.domain.waking import wake_at
from shared.events import ContactReserved, Wake
from shared.refusal import Refusal
from tests.contact.borrowers import MAIL, PHONE, assessed, default_data, knowing, packs, profile, templates
from tests.contact.forbidden import Forbidden
from tests.contact.heard import BEGINS, ledgers, repayments, voices

CAP, CAP_DATES = 2, 4
OPENS, CLOSES = time(8), time(20)


@cache
def tight_packs() -> Packs:
    """A jurisdiction with short hours and a cap over every channel, so that both bite."""
    common = {"text": "t", "source": "s", "force": "house", "certainty": "own", "effective_from": "2020-01-01"}
    hours = {"id": "T-hours", "kind": "contact_window", "channels": ["outbound"], "open": {"MON-SUN": ["08:00-20:00"]}}
    often = {"id": "T-cap", "kind": "frequency_cap", "channels": ["outbound"], "counts": "dials"}
    rules = [{**hours, **common}, {**often, **common, "limit": CAP, "n": CAP_DATES}]
    zones = {"zone": "Asia/Shanghai", "zones": ["Asia/Shanghai"]}
    pack = parse_pack({"name": "TIGHT", "title": "T", "version": "1", "rules": rules, **zones})
    assert isinstance(pack, Pack), pack
    return Packs([pack, packs().by_name["HOUSE"]])


@cache
def eager() -> Strategy:
    """The strategy that ships, without patience: nothing but the gate holds it back."""
    data = default_data()
    for rung in data["ladder"]:
        rung.update(from_day=0, wait_days=0, needs_approval=False)
    found = parse_strategy(data)
    assert isinstance(found, Strategy), found
    return found


MOVES = (
    "ingest",
    "ingest",
    "feedback",
    "scoring",
    "wake",
    "wake",
    "wake",
    "deaf",
    "later",
    "result",
    "result",
    "result",
)
RESULTS = ("accepted", "accepted", "rejected", "not-begun", "late", "unclear")
MOVES_MAX = 90


@dataclass
class Story:
    """A borrower to whom all this happens, and everything that was heard and said."""

    streams: dict[str, list]
    now: datetime = BEGINS
    borrower: Borrower = field(default_factory=lambda: blank("C1"))
    model: Forbidden = field(default_factory=Forbidden)
    journal: list = field(default_factory=list)
    said: list = field(default_factory=list)
    freed: set[str] = field(default_factory=set)

    def move(self, move: str, hours: int, result: str) -> None:
        stream = self.streams.get(move)
        due = wake_at(self.borrower)
        if stream:
            self.hear(stream.pop(0))
        elif move == "later":
            self.now += timedelta(hours=hours)
        elif move in ("wake", "deaf") and due is not None:
            self.now = max(self.now, due)
            self.hear(Wake(due), heard_out=move == "wake")
        open_ones = [one.attempt_id for one in self.borrower.contacts if one.outcome in ("reserved", "withdrawn")]
        if move == "result" and open_ones:
            self.hear(_result(open_ones[0], result))

    def hear(self, fact: object, *, heard_out: bool = True) -> None:
        """As the fold does it; nothing that was said before may forbid what is said now."""
        context = knowing(self.now, packs=tight_packs(), strategy=eager(), templates=templates())
        context = replace(context, heads=Hearing(heard_out=heard_out, business_date=self.now.date()))
        self.model.hears(fact)
        if isinstance(fact, commands.NoteRefusedBySwitch | commands.NoteMissedWindow | commands.NoteWithdrawn):
            self.freed.add(fact.attempt_id)
        before = self.borrower
        state = evolve(before, fact)
        found = decide(state, fact, context)
        assert not isinstance(found, Refusal), found
        if not heard_out:
            assert not any(isinstance(event, ContactReserved) for event in found)
        for event in found:
            assert not isinstance(event, ContactReserved) or not self.model.forbids(event), event
            state = evolve(state, event)
        self.borrower = state
        assert not self.model.forbids_step(state.step, self.now), state.step
        self.journal += [fact, *found]
        self.said += found


def _result(attempt: str, result: str):
    return {
        "accepted": commands.NoteAccepted(attempt),
        "rejected": commands.NoteRejected(attempt, "rejected"),
        "not-begun": commands.NoteRefusedBySwitch(attempt),
        "late": commands.NoteMissedWindow(attempt),
        "unclear": commands.NoteUnclear(attempt, "timeout"),
    }[result]


def _profile(chance: Random) -> commands.StateProfile:
    """Text messages are agreed to, mails perhaps; what is said of either later counts."""
    mail = ChannelProfile("email", MAIL, consent=chance.choice((True, True, False)))
    return profile(mail, ChannelProfile("sms", PHONE, consent=True), jurisdiction="TIGHT")


def told(chance: Random) -> Story:
    """One story, with the moves in any order."""
    loans = ledgers(chance)
    streams = {"ingest": repayments(loans), "feedback": voices(chance), "scoring": [assessed(90, 10)]}
    story = Story(streams)
    for ledger in loans:
        story.model.debts[ledger.loan].dues = ledger.dues
    story.hear(_profile(chance))
    for _ in range(MOVES_MAX):
        story.move(chance.choice(MOVES), chance.randint(1, 60), chance.choice(RESULTS))
    return story
