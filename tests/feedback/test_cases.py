"""Hardship claims, disputes and complaints: their steps, their deadlines, and the desk's list."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import get_args

import pytest

from services.feedback.domain.borrower import CASES_MAX, blank
from services.feedback.domain.cases import Case, cases
from services.feedback.domain.commands import (
    ClaimHardship,
    ConfirmHardship,
    DeclineHardship,
    EndHardship,
    ExtendComplaint,
    RaiseComplaint,
    RaiseDispute,
    ResolveComplaint,
    ResolveDispute,
)
from services.feedback.domain.context import Context
from services.feedback.domain.decide import decide
from services.feedback.domain.evolve import evolve
from services.feedback.domain.hardship import HANDLING, Cause
from services.feedback.domain.waking import wake_at
from shared.events import (
    ComplaintRaised,
    ComplaintResolved,
    DisputeRaised,
    DisputeResolved,
    FactVoided,
    HardshipClaimed,
    HardshipConfirmed,
    HardshipDeclined,
    HardshipEnded,
    LoanClosed,
    LoanOpened,
    Wake,
)
from shared.refusal import Refusal

TODAY = date(2025, 3, 3)
CLAIM = ClaimHardship("h1", "short_relief", "short", ("L1",))
DISPUTE = RaiseDispute("d1", ("L1",), "amount")
COMPLAINT = RaiseComplaint("c1", "hours")


def on(day):
    return Context(datetime(day.year, day.month, day.day, 2, tzinfo=UTC))


def borrower():
    state = blank("c1")
    for loan_id in ("L1", "L2"):
        state = evolve(state, LoanOpened(loan_id, "c1", "cash", "CNY", Decimal(1000), date(2025, 1, 1)))
    return state


def tell(state, fact, context=None):
    state = evolve(state, fact)
    said = decide(state, fact, context or on(TODAY))
    assert not isinstance(said, Refusal), said
    for event in said:
        state = evolve(state, event)
    return state, list(said)


def after(*facts):
    state = borrower()
    for fact in facts:
        state, _ = tell(state, fact)
    return state


def code_of(state, command, day=TODAY):
    said = decide(state, command, on(day))
    return said.code if isinstance(said, Refusal) else None


def test_a_claim_of_hardship_is_owed_a_decision_within_seven_days():
    assert tell(borrower(), CLAIM)[1] == [
        HardshipClaimed(
            "h1", ("L1",), "short_relief", "short", TODAY, decision_due_on=date(2025, 3, 10), via="agent"
        )
    ]  # fmt: skip


def test_a_confirmed_hardship_ends_when_the_bank_has_left_its_last_day():
    state, said = tell(after(CLAIM), ConfirmHardship("h1", "short", date(2025, 3, 31)))
    end = datetime(2025, 3, 31, 16, tzinfo=UTC)
    assert said == [
        HardshipConfirmed("h1", ("L1",), "short_relief", "short", TODAY, until=date(2025, 3, 31), ends_at=end)
    ]
    assert wake_at(state) == end
    state, said = tell(state, Wake(end), Context(end))
    assert said == [HardshipEnded("h1", ("L1",), "expired", date(2025, 4, 1))]
    assert wake_at(state) is None


def test_a_hardship_without_an_end_waits_for_an_event():
    state, _ = tell(after(CLAIM), ConfirmHardship("h1", "long"))
    assert wake_at(state) is None
    assert tell(state, EndHardship("h1", "recovered"))[1] == [HardshipEnded("h1", ("L1",), "recovered", TODAY)]


def test_a_decision_may_handle_the_hardship_otherwise_than_the_claim():
    _, said = tell(after(CLAIM), ConfirmHardship("h1", "long", handling="affordability"))
    assert said[0].handling == "affordability"


def test_a_declined_claim_says_why():
    _, said = tell(after(CLAIM), DeclineHardship("h1", "no_evidence"))
    assert said == [HardshipDeclined("h1", ("L1",), "no_evidence", TODAY)]


def test_a_hardship_is_over_when_the_last_of_its_loans_is_closed():
    state = after(replace(CLAIM, loan_ids=()), ConfirmHardship("h1", "long"))
    state, said = tell(state, LoanClosed("L1", TODAY))
    assert said == []
    assert isinstance(tell(state, LoanClosed("L2", TODAY))[1][0], HardshipEnded)


def test_a_claim_that_awaits_its_decision_outlives_its_loans():
    assert tell(after(CLAIM), LoanClosed("L1", TODAY))[1] == []


ENDS = {"today": (0, None), "yesterday": (-1, "bad-end"), "a year": (366, None), "a year and a day": (367, "bad-end")}


@pytest.mark.parametrize(("days", "code"), ENDS.values(), ids=ENDS)
def test_the_end_of_a_hardship_on_both_sides_of_its_bounds(days, code):
    assert code_of(after(CLAIM), ConfirmHardship("h1", "short", TODAY + timedelta(days=days))) == code


def test_the_last_day_there_is_cannot_be_the_end_of_a_hardship():
    assert code_of(after(CLAIM), ConfirmHardship("h1", "short", date.max)) == "bad-end"


CONFIRMED = (CLAIM, ConfirmHardship("h1", "short"))
STEPS = {
    "a decision on what was never claimed": ((), DeclineHardship("h1", "affordable"), "unknown-claim"),
    "a second decision": (CONFIRMED, DeclineHardship("h1", "affordable"), "already-decided"),
    "a decision after it was declined": (
        (CLAIM, DeclineHardship("h1", "withdrawn")), ConfirmHardship("h1", "short"), "already-decided",
    ),
    "an end before the decision": ((CLAIM,), EndHardship("h1", "recovered"), "not-confirmed"),
    "the same claim again": ((CLAIM,), CLAIM, None),
    "the same claim again once decided": ((CLAIM, DeclineHardship("h1", "withdrawn")), CLAIM, None),
    "another claim of the same id": ((CLAIM,), replace(CLAIM, horizon="long"), "contradiction"),
    "a claim on a loan of somebody else": ((), replace(CLAIM, loan_ids=("X",)), "unknown-loan"),
    "the same dispute again": ((DISPUTE,), DISPUTE, None),
    "the same dispute again once resolved": ((DISPUTE, ResolveDispute("d1", "upheld")), DISPUTE, None),
    "another dispute of the same id": ((DISPUTE,), replace(DISPUTE, kind="not_mine"), "contradiction"),
    "a dispute about nothing": ((), replace(DISPUTE, loan_ids=()), "no-loans"),
    "a dispute on a loan of somebody else": ((), replace(DISPUTE, loan_ids=("X",)), "unknown-loan"),
    "a dispute on a closed loan": ((LoanClosed("L1", TODAY),), DISPUTE, None),
    "an answer to what was never disputed": ((), ResolveDispute("d1", "upheld"), "unknown-dispute"),
    "a second answer to a dispute": (
        (DISPUTE, ResolveDispute("d1", "upheld")), ResolveDispute("d1", "rejected"), "already-resolved",
    ),
    "the same complaint again": ((COMPLAINT,), COMPLAINT, None),
    "another complaint of the same id": ((COMPLAINT,), replace(COMPLAINT, category="privacy"), "contradiction"),
    "a complaint about a loan of somebody else": ((), replace(COMPLAINT, loan_ids=("X",)), "unknown-loan"),
    "an answer to what was never complained of": ((), ResolveComplaint("c1", "upheld", "agent"), "unknown-complaint"),
    "a second answer to a complaint": (
        (COMPLAINT, ResolveComplaint("c1", "upheld", "agent")), ResolveComplaint("c1", "upheld", "agent"),
        "already-resolved",
    ),
    "more time for what was never complained of": ((), ExtendComplaint("c1", "complex"), "unknown-complaint"),
    "approval before it proved complex": ((COMPLAINT,), ExtendComplaint("c1", "approved"), "cannot-extend"),
    "complex a second time": (
        (COMPLAINT, ExtendComplaint("c1", "complex")), ExtendComplaint("c1", "complex"), "cannot-extend",
    ),
    "complex from the start, and again": (
        (replace(COMPLAINT, complex=True),), ExtendComplaint("c1", "complex"), "cannot-extend",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "command", "code"), STEPS.values(), ids=STEPS)
def test_a_step_out_of_its_order_is_refused_by_name(before, command, code):
    assert code_of(after(*before), command) == code


def test_a_repeat_says_nothing_new():
    state = after(CLAIM, DISPUTE, COMPLAINT)
    later = on(TODAY + timedelta(days=2))
    assert [decide(state, again, later) for again in (CLAIM, DISPUTE, COMPLAINT)] == [(), (), ()]


def test_a_dispute_is_owed_an_answer_within_twenty_days_and_gets_it():
    state, said = tell(borrower(), DISPUTE)
    assert said == [DisputeRaised("d1", ("L1",), "amount", TODAY, date(2025, 3, 23), via="agent")]
    assert tell(state, ResolveDispute("d1", "upheld"))[1] == [DisputeResolved("d1", ("L1",), "upheld", TODAY)]


def test_a_complaint_has_fifteen_days_then_thirty_then_sixty_from_its_opening():
    state, said = tell(borrower(), COMPLAINT)
    assert said == [ComplaintRaised("c1", "hours", TODAY, date(2025, 3, 18), via="agent")]
    for reason, due_on in (("complex", date(2025, 4, 2)), ("approved", date(2025, 5, 2))):
        state, said = tell(state, ExtendComplaint("c1", reason))
        assert said == [
            ComplaintRaised(
                "c1", "hours", TODAY, due_on, complex=True, via="agent", extension=reason, extended_on=TODAY
            )
        ]  # fmt: skip
        assert code_of(state, COMPLAINT) is None
    _, said = tell(state, ResolveComplaint("c1", "rejected", "none"))
    assert said == [ComplaintResolved("c1", "rejected", "none", TODAY)]


def test_a_complaint_that_is_complex_from_the_start_has_thirty_days():
    assert tell(borrower(), replace(COMPLAINT, complex=True))[1][0].answer_due_on == date(2025, 4, 2)


@pytest.mark.parametrize(("day", "code"), [(date(2025, 3, 18), None), (date(2025, 3, 19), "deadline-passed")])
def test_more_time_must_be_asked_for_before_time_has_run_out(day, code):
    assert code_of(after(COMPLAINT), ExtendComplaint("c1", "complex"), day) == code


def test_only_so_many_cases_can_be_open_at_one_time():
    state = after(*(replace(COMPLAINT, complaint_id=f"c{n}") for n in range(CASES_MAX - 1)))
    assert code_of(state, DISPUTE) is None
    state, _ = tell(state, CLAIM)
    for command in (DISPUTE, replace(CLAIM, claim_id="h2"), replace(COMPLAINT, complaint_id="c99")):
        assert code_of(state, command) == "too-many-open-cases"


def test_the_desk_sees_what_is_open_the_most_urgent_first():
    state = after(COMPLAINT, DISPUTE, CLAIM)
    assert cases(state) == [
        Case("hardship", "h1", TODAY, date(2025, 3, 10), "hardship-desk", ("L1",)),
        Case("complaint", "c1", TODAY, date(2025, 3, 18), "complaints-desk"),
        Case("dispute", "d1", TODAY, date(2025, 3, 23), "disputes-desk", ("L1",)),
    ]


def test_what_is_answered_leaves_the_desks_list():
    state = after(COMPLAINT, DISPUTE, CLAIM, ConfirmHardship("h1", "long"))
    state, _ = tell(state, ResolveDispute("d1", "withdrawn"))
    state, _ = tell(state, ResolveComplaint("c1", "withdrawn", "none"))
    assert cases(state) == []


def test_every_cause_of_hardship_has_its_handling():
    assert set(HANDLING) == set(get_args(Cause))


VOIDED = {
    "an opening": (FactVoided("core", "1", "L1", "LoanOpened"), True),
    "a closing": (FactVoided("core", "2", "L1", "LoanClosed"), False),
    "a loan nobody knows": (FactVoided("core", "3", "X", "LoanOpened"), True),
    "something else": (FactVoided("core", "4", "L1", "FeeCharged", "f"), True),
}


@pytest.mark.parametrize(("fact", "is_closed"), VOIDED.values(), ids=VOIDED)
def test_a_loan_stands_as_if_the_voided_fact_had_never_been(fact, is_closed):
    state = after(LoanClosed("L1", TODAY), fact)
    assert state.loans["L1"].closed == is_closed
