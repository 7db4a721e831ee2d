"""When scoring speaks, and when it looks again by itself: a story at a time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.scoring.domain.context import Context
from services.scoring.domain.inputs import fingerprint_of, model_inputs
from services.scoring.domain.preview import preview
from services.scoring.domain.rates import SHIPPED_RATES
from services.scoring.domain.scoring import NEWS, blank, decide, evolve, model_questions, wake_at
from shared import events as said
from shared.events import Wake
from shared.refusal import Refusal
from tests.scoring.builders import ANSWER, at, day, due_day, hear, known, late, loan, missed, paid


def told(*events):
    """Every assessment along the way, by the day it was for."""
    borrower, said_so_far = blank("C1"), []
    for event in events:
        borrower, said_now = hear(borrower, event)
        said_so_far += [(each.as_of, each.default_probability) for each in said_now]
    return said_so_far


def test_a_loan_that_opens_is_assessed_once_and_the_same_news_says_nothing_new():
    assert told(loan(), loan()) == [(day("01-05"), SHIPPED_RATES.default[0])]


def test_a_borrower_who_falls_behind_and_cures_is_assessed_at_each_turn():
    story = (loan(), missed("02-05"), late("02-06", "02-05", 1), paid("02-20"), late("02-20"), cure("02-20"))
    assert told(*story) == [
        (day("01-05"), SHIPPED_RATES.default[0]),
        (day("02-06"), SHIPPED_RATES.default[1]),
        (day("02-20"), SHIPPED_RATES.default[0]),
    ]


def cure(on):
    return said.LoanCured("L1", day(on), "payment", day("02-05"))


def test_money_on_a_late_loan_waits_for_what_it_changes():
    behind, _ = hear(known(loan()), late("03-06", "02-05", 2))
    after, said_now = hear(behind, paid("03-10"))
    assert said_now == ()
    assert len(hear(after, late("03-10", "03-05", 1))[1]) == 1


def test_payments_on_time_are_not_news_more_than_once_a_month():
    borrower, _ = hear(known(), loan())
    spoken = 0
    for number in range(1, 13):
        borrower, said_now = hear(borrower, paid(due_day(number)))
        spoken += len(said_now)
    assert spoken <= 12
    calm, _ = hear(borrower, paid("2026-01-06", "1.00"))
    assert hear(calm, paid("2026-01-07", "1.00"))[1] == ()


def test_a_broken_promise_is_news():
    borrower, _ = hear(known(loan(), *(paid(due_day(n)) for n in (1, 2, 3))), late("05-06", "05-05", 1))
    broken = said.PromiseBroken("P", ("L1",), day("05-10"), Decimal(0), Decimal(100), "CNY")
    (found,) = hear(borrower, broken)[1]
    assert "promises_kept_share" in {reason.code for reason in found.willingness.reasons}


NOT_NEWS = (
    said.ContactPlanned,
    said.ContactDeferred,
    said.ContactWithheld,
    said.ContactSent,
    said.InstalmentComingDue,
    said.HardshipClaimed,
    said.CauseStated,
    said.DisputeRaised,
    said.ComplaintRaised,
    said.TreatmentChosen,
    said.RiskAssessed,
)


@pytest.mark.parametrize("kind", NOT_NEWS)
def test_what_is_planned_and_what_routes_by_itself_calls_for_no_assessment(kind):
    assert kind not in NEWS


def test_a_borrower_without_an_open_loan_is_not_assessed():
    closed = known(loan(), said.LoanClosed("L1", day("02-05")))
    assert hear(closed, late("02-06"))[1] == ()
    assert wake_at(closed) is None
    assert hear(known(), said.PromiseKept("P", (), day("02-05"), Decimal(1), "CNY"))[1] == ()


def test_the_closing_of_one_loan_is_news_of_the_other():
    both, _ = hear(known(loan(), loan(loan_id="L2")), late("02-06", "02-05", 1, loan_id="L2"))
    (found,) = hear(both, said.LoanClosed("L2", day("02-07")))[1]
    assert [each.loan_id for each in found.loans] == ["L1"]


def test_a_command_is_refused():
    assert isinstance(decide(known(loan()), said.Command(), Context(at("01-05"))), Refusal)


# Time


def test_an_assessment_is_made_afresh_on_the_day_after_it_ends_to_hold():
    borrower, (first,) = hear(known(), loan())
    wake = wake_at(borrower)
    assert (first.valid_until, wake) == (day("02-05"), datetime(2025, 2, 6, tzinfo=UTC))
    again, (second,) = hear(borrower, Wake(wake), wake)
    assert (second.as_of, second.valid_until) == (day("02-06"), day("03-09"))
    assert wake_at(again) == datetime(2025, 3, 10, tzinfo=UTC)


def test_a_wake_before_its_time_says_nothing():
    borrower, _ = hear(known(), loan())
    assert hear(borrower, Wake(at("02-05")), at("02-05"))[1] == ()


def test_a_borrower_never_assessed_is_not_woken():
    assert wake_at(known()) is None
    assert wake_at(known(loan())) is None


def test_old_records_told_today_hold_from_today():
    """Or a portfolio taken over would wake for every month that is long past."""
    now = at("2026-07-01")
    borrower, (found,) = hear(known(), loan(), now)
    assert (found.as_of, found.valid_until) == (day("01-05"), now.date() + timedelta(days=31))
    assert wake_at(borrower) > now


def test_a_date_beyond_tomorrow_is_a_slip_of_the_pen():
    slip = evolve(known(loan()), paid("2099-01-01"))
    for ahead, expected in ((0, "01-06"), (1, "01-07")):
        now = at("01-05") + timedelta(days=ahead)
        (found,) = decide(slip, loan(), Context(now))
        assert found.as_of == day(expected)


@pytest.mark.parametrize("on", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_no_fault(on):
    borrower, first = hear(known(), loan(opened_on=day(on)), at("04-10"))
    borrower, _ = hear(borrower, missed(on), at("04-10"))
    hear(borrower, late(on, on, 1), at("04-10"))
    assert len(first) == 1


def test_what_was_said_is_remembered_by_the_event_alone():
    borrower, (found,) = hear(known(), loan())
    assert borrower == evolve(known(loan()), found)


# Models and previews


def test_the_model_is_asked_exactly_what_the_decisions_will_look_up():
    facts = [loan(), paid("02-05"), missed("03-05"), late("03-06", "03-05", 1)]
    now, asked, borrower = at("03-06"), [], blank("C1")
    questions = model_questions(borrower, facts, now)
    for fact in facts:
        borrower, said_now = hear(borrower, fact, now, model_answers=dict.fromkeys(questions, ANSWER))
        asked += [each.basis for each in said_now]
    assert asked
    assert set(asked) == {"model"}
    assert questions[fingerprint_of(model_inputs(borrower, day("03-06")))] == model_inputs(borrower, day("03-06"))


def test_the_context_says_which_models_answered_and_keeps_what_they_said():
    with_model = Context(at("01-05"), model_answers={"f": ANSWER})
    assert with_model.versions == {"bucket-rates": "car-loans-2017-2023", "model": "lightgbm:7"}
    assert with_model.unversioned == {"model_answers": {"f": ANSWER}}
    assert Context(at("01-05")).unversioned is None


def test_a_preview_says_what_the_fold_would_say():
    facts = (loan(), missed("02-05"), late("02-06", "02-05", 1))
    borrower = known(*facts)
    (decided,) = decide(borrower, Wake(at("02-06")), Context(at("02-06")))
    assert preview(facts, at("02-06"), Context(at("02-06"))) == decided


def test_a_preview_of_nobody_is_refused_by_name():
    assert preview((), at("02-06"), Context(at("02-06"))).code == "no-open-loan"
