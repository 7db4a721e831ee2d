"""The laws of contact: in whatever order its sources are heard and it is woken, nobody is contacted who must not be."""

from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.contact.domain.borrower import CONTACT_DAYS_KEPT, Borrower, blank
from services.contact.domain.evolve import evolve
from services.contact.domain.gate.caps import CooldownAfter, FrequencyCap
from services.contact.domain.gate.patterns import PatternFlag
from shared.codec import decode, encode
from shared.events import (
    ContactCancelled,
    ContactPlanned,
    ContactReserved,
)
from tests.contact.borrowers import packs
from tests.contact.forbidden import HOME
from tests.contact.stories import CAP, CAP_DATES, CLOSES, OPENS, Story, told


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=True))
def test_whatever_happens_in_whatever_order_the_laws_hold(chance):
    story = told(chance)
    reserved = [event for event in story.said if isinstance(event, ContactReserved)]
    the_caps_are_kept(story, reserved)
    the_hours_are_kept(reserved)
    no_step_is_planned_or_reserved_twice(story, reserved)
    what_is_cancelled_stays_so(story)
    the_state_is_what_its_story_makes_it(story)


def the_caps_are_kept(story: Story, reserved: list[ContactReserved]) -> None:
    """Counted from the reservation on; only one that certainly never began counts no more."""
    days = [event.reserved_at.astimezone(HOME).date() for event in reserved if event.attempt_id not in story.freed]
    for day in days:
        assert sum(day <= other < day + timedelta(days=CAP_DATES) for other in days) <= CAP


def the_hours_are_kept(reserved: list[ContactReserved]) -> None:
    for event in reserved:
        assert OPENS <= event.reserved_at.astimezone(HOME).time() < CLOSES
        assert event.send_by.astimezone(HOME).time() < CLOSES


def no_step_is_planned_or_reserved_twice(story: Story, reserved: list[ContactReserved]) -> None:
    planned = [event for event in story.said if isinstance(event, ContactPlanned)]
    assert max(Counter((event.step, event.business_date) for event in planned).values(), default=0) <= 1
    assert max(Counter(event.attempt_id for event in reserved).values(), default=0) <= 1
    made = Counter(event.contact_id for event in reserved if event.attempt_id not in story.freed)
    assert max(made.values(), default=0) <= 1
    assert {event.contact_id for event in reserved} <= {event.contact_id for event in planned}


def what_is_cancelled_stays_so(story: Story) -> None:
    over: set[str] = set()
    for event in story.said:
        if isinstance(event, ContactCancelled):
            over.add(event.contact_id)
        if isinstance(event, ContactReserved | ContactPlanned):
            assert event.contact_id not in over


def the_state_is_what_its_story_makes_it(story: Story) -> None:
    state = blank("C1")
    for fact in story.journal:
        state = evolve(state, fact)
    assert state == story.borrower
    raw = encode(state)
    assert decode(Borrower, raw) == state
    assert len(raw) < 16 * 1024


def test_contacts_are_remembered_for_longer_than_any_rule_that_ships_looks_back():
    rules = [rule for pack in packs().by_name.values() for rule in pack.rules]
    caps = [rule.n for rule in rules if isinstance(rule, FrequencyCap) and rule.window == "dates"]
    silences = [rule.days for rule in rules if isinstance(rule, CooldownAfter)]
    loads = [load.days for rule in rules if isinstance(rule, PatternFlag) for load in rule.load]
    assert max(caps + silences + loads) < CONTACT_DAYS_KEPT
