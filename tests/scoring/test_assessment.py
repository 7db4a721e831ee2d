"""The assessment: figures by state, reasons that add up, a model that answers only for what it was asked."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.assessment import assess
from services.scoring.domain.axes import ABILITY, WILLINGNESS, Part, axis_of, scored
from services.scoring.domain.context import Context
from services.scoring.domain.features import features_of
from services.scoring.domain.inputs import INPUTS, fingerprint_of, model_inputs
from services.scoring.domain.rates import SHIPPED_RATES, log_odds
from services.scoring.domain.wording import WORDINGS
from shared import events as said
from shared.codec import decode, encode
from tests.scoring.builders import ANSWER, account, at, bill, day, due_day, known, late, loan, missed, paid

SEASONED = (loan(), *(paid(due_day(number)) for number in range(1, 5)))


def assessed(borrower, on="05-20", **context):
    return assess(features_of(borrower, day(on)), Context(now=at(on), **context))


# Figures

STATES = {
    "nothing behind": (None, 0),
    "one behind": (1, 1),
    "two behind": (2, 2),
    "three behind": (3, 3),
    "four behind": (4, 4),
}


@pytest.mark.parametrize(("behind", "state"), STATES.values(), ids=STATES)
def test_the_bucket_rates_answer_by_instalments_behind(behind, state):
    since = due_day(5 - behind) if behind else None
    found = assessed(known(*SEASONED, late("05-06", since, behind)))
    assert (found.basis, found.confidence, found.model) == ("bucket_rates", "low", "bucket-rates:car-loans-2017-2023")
    assert found.roll_probability == SHIPPED_RATES.roll[state]
    assert found.cure_probability == SHIPPED_RATES.cure[state]
    assert found.default_probability == SHIPPED_RATES.default[state]


def test_more_than_four_behind_is_four_and_more():
    seven = assessed(known(*SEASONED, late("2025-12-06", "05-05", 7)), "2025-12-06")
    assert seven.cure_probability == SHIPPED_RATES.cure[4]


def test_a_revolving_account_is_asked_of_its_next_month():
    borrower = known(account(), bill("800", "40", "02-11", "01-26"), late("02-12", "02-11", 1))
    assert assessed(borrower, "02-20").default_probability == SHIPPED_RATES.default_next_month[1]


def test_a_charged_off_loan_has_defaulted_and_no_cash_is_foretold():
    found = assessed(known(*SEASONED, said.LoanChargedOff("L1", day("05-10"))))
    assert (found.roll_probability, found.cure_probability, found.default_probability) == (0, 0, 1)
    assert found.expected_cash == (said.Amount(Decimal("0.00"), "CNY"),)


def test_the_borrower_is_as_risky_as_the_worst_loan():
    borrower = known(*SEASONED, loan(loan_id="L2"), late("05-06", "04-05", 2, loan_id="L2"))
    found = assessed(borrower)
    assert [each.loan_id for each in found.loans] == ["L2", "L1"]
    assert found.default_probability == found.loans[0].default_probability == SHIPPED_RATES.default[2]
    assert found.loans[1].default_probability == SHIPPED_RATES.default[0]


# Cash


def test_cash_is_summed_per_currency_and_rounded_to_its_minor_unit():
    borrower = known(loan(), loan(loan_id="L2"), loan(loan_id="L3", currency="JPY", amount="1000"))
    first, second = assessed(borrower, "01-05").expected_cash
    times = sum(SHIPPED_RATES.paid_when_due[0])
    assert first == said.Amount(2 * round(100 * times, 2), "CNY")
    assert second == said.Amount(round(1000 * times, 0), "JPY")
    assert second.amount.as_tuple().exponent == 0


def test_what_falls_due_on_the_ninetieth_day_counts_and_on_the_next_does_not():
    assert features_of(known(loan()), day("01-05")).loans[0].debt.coming == 300
    assert features_of(known(loan()), day("01-04")).loans[0].debt.coming == 200


def test_no_more_cash_is_expected_than_is_owed():
    nearly = known(loan(), paid("02-05", "1150.00"))
    assert assessed(nearly, "2025-12-20").expected_cash[0].amount <= 50
    assert assessed(known(loan(), paid("02-05", "1200.00")), "02-06").expected_cash[0].amount == 0


def test_a_loan_whose_term_is_over_is_expected_to_pay_only_arrears():
    borrower = known(loan(3), late("05-06", "03-05", 2))
    idle = sum(SHIPPED_RATES.paid_when_idle[2])
    assert assessed(borrower).expected_cash[0].amount == round(100 * idle, 2)


def test_a_revolving_account_is_expected_to_pay_its_minimums():
    borrower = known(account(), bill("800", "40", "02-11", "01-26"))
    times = sum(SHIPPED_RATES.paid_when_due[0])
    assert assessed(borrower, "02-10").expected_cash[0].amount == round(40 * times, 2)


# Reasons


def adds_up(axis):
    total = axis.baseline + sum(reason.contribution for reason in axis.reasons) + axis.remainder
    return axis.score == scored(total, ()).score


STORIES = {
    "always on time": (),
    "one late": (missed("05-05"), late("05-06", "05-05", 1)),
    "everything goes wrong": (
        *(missed(due_day(number)) for number in range(1, 5)),
        late("05-06", "02-05", 4),
        *(said.PaymentFailed(f"A{n}", "L1", Decimal(1), day("05-05"), "AM04") for n in range(3)),
        *(said.ContactSent("C", "A", "sms") for _ in range(10)),
        said.PromiseBroken("P", ("L1",), day("05-07"), Decimal(0), Decimal(1), "CNY"),
        said.ArrangementBroken("R", ("L1",), "missed", day("05-08"), "CNY", 1),
    ),
}


@pytest.mark.parametrize("events", STORIES.values(), ids=STORIES)
def test_the_reasons_add_up_to_the_score(events):
    found = assessed(known(*SEASONED, *events))
    for axis in (found.ability, found.willingness):
        assert axis.verdict == "scored"
        assert adds_up(axis)
        assert len(axis.reasons) <= 5
        assert list(axis.reasons) == sorted(axis.reasons, key=lambda reason: -abs(reason.contribution))
    explained = found.baseline + sum(reason.contribution for reason in found.reasons) + found.remainder
    assert explained == log_odds(found.default_probability)


POINTS = st.decimals(-9, 9, places=4)


@settings(derandomize=True, deadline=None)
@given(POINTS, st.lists(POINTS, max_size=40))
def test_any_contributions_add_up_whatever_is_told_of_them(baseline, points):
    parts = [Part(f"f{n}", each, "behind-0") for n, each in enumerate(points)]
    axis = axis_of(scored(baseline, parts), "medium")
    assert adds_up(axis)
    assert 0 <= axis.score <= 100


def test_every_reason_has_its_sentence_in_both_languages():
    bands = [band for card in (ABILITY, WILLINGNESS) for each in card.characteristics for band in each.bands]
    told = {band.wording for band in bands} | {each.wording for each in INPUTS} | {"charged-off"}
    assert told == set(WORDINGS)
    for wording in WORDINGS.values():
        assert any("\u4e00" <= char <= "\u9fff" for char in wording.zh_cn)
        assert wording.en.isascii()


def test_the_bands_of_a_scorecard_rise_and_leave_nothing_out():
    for each in (*ABILITY.characteristics, *WILLINGNESS.characteristics):
        edges = [band.below for band in each.bands]
        assert edges == sorted(set(edges))
        assert edges[-1] == float("inf")


def test_the_worse_the_record_the_lower_the_score():
    scores = [assessed(known(*SEASONED, *events)) for events in STORIES.values()]
    assert [each.ability.score for each in scores] == sorted((each.ability.score for each in scores), reverse=True)
    assert scores[0].willingness.score > scores[-1].willingness.score


# Too little to say

EVIDENCE = {
    "one due date": ((loan(), paid("02-05"), late("02-06")), "insufficient_data", "insufficient_data"),
    "two due dates": ((loan(), paid("02-05"), paid("03-05"), late("03-06")), "scored", "scored"),
    "two contacts": ((loan(), *[said.ContactSent("C", "A", "sms")] * 2), "insufficient_data", "insufficient_data"),
    "three contacts": ((loan(), *[said.ContactSent("C", "A", "sms")] * 3), "insufficient_data", "scored"),
}


@pytest.mark.parametrize(("events", "ability", "willingness"), EVIDENCE.values(), ids=EVIDENCE)
def test_too_little_is_an_answer(events, ability, willingness):
    found = assessed(known(*events), "03-10")
    assert (found.ability.verdict, found.willingness.verdict) == (ability, willingness)


# A model

BORROWER = known(*SEASONED, missed("05-05"), late("05-06", "05-05", 1))


def answers(borrower=BORROWER, on="05-20", answer=ANSWER):
    return {fingerprint_of(model_inputs(borrower, day(on))): answer}


def test_a_models_answer_is_told_with_its_name_and_its_reasons():
    found = assessed(BORROWER, model_answers=answers())
    assert (found.basis, found.model, found.trained_on) == ("model", "lightgbm:7", "pool-2017-3")
    assert (found.roll_probability, found.default_probability) == (Decimal("0.1234"), Decimal("0.25"))
    explained = found.baseline + sum(reason.contribution for reason in found.reasons) + found.remainder
    assert explained == ANSWER.baseline + sum(ANSWER.contributions.values())
    assert adds_up(found.ability)
    assert adds_up(found.willingness)


def test_each_contribution_counts_for_one_axis_at_most():
    found = assessed(BORROWER, model_answers=answers())
    axis = {each.name: each.axis for each in INPUTS}
    assert {axis[reason.code] for reason in found.ability.reasons} == {"ability"}
    assert {axis[reason.code] for reason in found.willingness.reasons} == {"willingness"}


VALIDITY = {
    "on its last day": (day("05-20"), "model", False),
    "on the day after": (day("05-19"), "bucket_rates", True),
}


@pytest.mark.parametrize(("until", "basis", "expired"), VALIDITY.values(), ids=VALIDITY)
def test_a_model_answers_until_it_expires_and_then_the_bucket_rates_do(until: date, basis, expired):
    found = assessed(BORROWER, model_answers=answers(answer=replace(ANSWER, valid_until=until)))
    assert (found.basis, found.model_expired) == (basis, expired)
    assert found.valid_until >= day("05-20")


@pytest.mark.parametrize(("until", "expired"), [("05-20", False), ("05-19", True)])
def test_a_model_that_has_expired_need_not_be_asked_to_be_flagged(until, expired):
    assert assessed(BORROWER, model_valid_until=day(until)).model_expired is expired


def test_an_assessment_does_not_outlive_its_model():
    soon = assessed(BORROWER, model_answers=answers(answer=replace(ANSWER, valid_until=day("05-25"))))
    assert soon.valid_until == day("05-25")
    assert assessed(BORROWER, model_answers=answers()).valid_until == day("06-20")


def test_an_answer_to_other_inputs_is_no_answer():
    found = assessed(BORROWER, model_answers=answers(on="05-21"))
    assert (found.basis, found.model_expired) == ("bucket_rates", False)


def test_a_model_does_not_make_up_for_a_record_that_is_not_there():
    fresh = known(loan())
    found = assessed(fresh, "01-06", model_answers=answers(fresh, "01-06"))
    assert found.basis == "model"
    assert found.ability.verdict == "insufficient_data"


@pytest.mark.parametrize(("events", "model"), [*product(STORIES.values(), (None, ANSWER))])
def test_an_assessment_travels_and_arrives_as_it_was(events, model):
    borrower = known(*SEASONED, *events)
    found = assessed(borrower, model_answers=answers(borrower, answer=model) if model else None)
    assert decode(said.RiskAssessed, encode(found)) == found
