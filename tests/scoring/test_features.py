"""The features: by the events' own dates, whatever order the sources come in, and never by who somebody is."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.conduct import CONDUCT_CHANGES
from services.scoring.domain.features import SCORED, features_of
from services.scoring.domain.history import Borrower
from services.scoring.domain.inputs import INPUT_NAMES, INPUTS, model_inputs, vector_of
from services.scoring.domain.loans import LOAN_CHANGES, change_loan, import_loan, open_loan
from services.scoring.domain.preview import borrower_as_of
from services.scoring.domain.schedule import dues_of, schedule_of
from services.scoring.domain.scoring import CHANGES, evolve
from shared import events as said
from shared.codec import decode
from shared.events.registry import EVENT_TYPES
from shared.events.repayments import UnpaidPart
from tests.scoring.builders import account, at, bill, day, due_day, known, late, loan, missed, paid

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"


def worst(borrower, as_of):
    return features_of(borrower, day(as_of)).loans[0]


# Dates


def test_due_today_is_not_yet_due():
    borrower = known(loan(), paid("02-05"), paid("03-05"))
    assert worst(borrower, "03-05").payments.dues_seen == 1
    assert worst(evolve(borrower, paid("03-06", "1.00")), "03-06").payments.dues_seen == 2


def test_nobody_is_late_because_the_banks_file_is():
    borrower = known(loan(), paid("02-05"), paid("03-05"))
    assert worst(borrower, "04-20").payments.paid_share_3 == worst(borrower, "03-06").payments.paid_share_3 == 1


def test_days_past_due_follow_from_the_date_alone():
    borrower = known(loan(), missed("02-05"), late("02-06", "02-05", 1))
    assert [worst(borrower, on).lateness.past_due_days for on in ("02-06", "02-28", "03-01")] == [1, 23, 24]


def test_a_late_told_payment_counts_in_the_month_of_its_value():
    borrower = known(loan(), paid("02-05"), paid("05-05"), paid("03-05"), paid("04-05"))
    assert list(worst(borrower, "05-06").months.paid[:4]) == [100, 100, 100, 100]


def test_a_reversed_payment_leaves_the_features_as_if_it_had_never_been():
    reversal = said.PaymentReversed("P", "L1", day("03-07"), Decimal("100.00"), day("02-20"))
    with_it = known(loan(), paid("02-05"), paid("02-20", payment_id="P"), paid("03-07", "1.00"), reversal)
    without = known(loan(), paid("02-05"), paid("03-07", "1.00"))
    assert features_of(with_it, day("03-10")) == features_of(without, day("03-10"))


def test_a_score_as_of_a_day_uses_nothing_later():
    history = [loan(), paid("02-05"), missed("03-05"), late("03-06", "03-05", 1), paid("03-20"), late("03-20")]
    told = [(event, at(on).date()) for event, on in zip(history, map(day, DAYS), strict=True)]
    then = borrower_as_of(told, day("03-10"))
    assert then == known(*history[:4])
    assert features_of(then, day("03-10")).loans[0].lateness.behind == 1


DAYS = ("01-05", "02-05", "03-06", "03-06", "03-20", "03-20")


def test_news_of_an_old_payment_was_not_known_before_it_came():
    told = [(loan(), day("01-05")), (paid("02-05"), day("03-20"))]
    assert borrower_as_of(told, day("03-19")) == known(loan())


# Lateness

BEHIND = {
    "not late": ((), 0),
    "one instalment, by the schedule": ((late("03-06", "03-05"),), 1),
    "two instalments, by the schedule": ((late("04-06", "03-05"),), 2),
    "as many as ingest counts": ((late("05-06", "03-05", 3),), 3),
    "cured since": ((late("03-06", "03-05", 1), late("03-09")), 0),
    "since a charge-back, before any due date": ((late("02-01", "01-20"),), 1),
}


@pytest.mark.parametrize(("events", "behind"), BEHIND.values(), ids=BEHIND)
def test_instalments_behind(events, behind):
    assert worst(known(loan(), *events), "06-01").lateness.behind == behind


def test_five_weekly_instalments_late_are_two_months_and_not_five():
    dues = [date(2025, 2, 3) + timedelta(days=7 * week) for week in range(20)]
    weekly = tuple(said.Instalment(n, on, Decimal(25)) for n, on in enumerate(dues, start=1))
    four = known(loan(instalments=weekly, principal="500"), late(dues[3] + timedelta(days=1), dues[0], 4))
    five = known(loan(instalments=weekly, principal="500"), late(dues[4] + timedelta(days=1), dues[0], 5))
    assert [worst(four, "06-30").lateness.behind, worst(five, "06-30").lateness.behind] == [1, 2]


WINDOWS = {
    "the month itself": ("02-06", (1, 1, 1)),
    "two months on": ("04-30", (1, 1, 1)),
    "three months on": ("05-01", (0, 1, 1)),
    "five months on": ("07-31", (0, 1, 1)),
    "six months on": ("08-01", (0, 0, 1)),
    "eleven months on": ("2026-01-31", (0, 0, 1)),
    "twelve months on": ("2026-02-01", (0, 0, 0)),
}


@pytest.mark.parametrize(("as_of", "counts"), WINDOWS.values(), ids=WINDOWS)
def test_how_long_a_missed_instalment_counts(as_of, counts):
    found = worst(known(loan(), missed("02-05")), as_of).lateness
    assert (found.late_3, found.late_6, found.late_12) == counts


def test_an_instalment_missed_again_after_a_reversal_is_one_instalment():
    twice = (missed("02-05"), late("02-06", "02-05", 1), late("02-20"), missed("02-05"))
    assert worst(known(loan(), *twice), "02-25").lateness.late_3 == 1


def test_the_longest_streak_is_of_months_in_a_row():
    borrower = known(loan(), *(missed(due_day(number)) for number in (1, 2, 3, 5, 6)))
    assert worst(borrower, "08-01").lateness.late_streak == 3


def test_late_but_in_full_is_told_from_late_and_still_owed():
    two_late = (missed("02-05"), missed("03-05"))
    assert worst(known(loan(), *two_late, late("03-06", "02-05", 2)), "03-10").lateness.cleared_share == 0
    assert worst(known(loan(), *two_late, late("03-20", "03-05", 1)), "03-21").lateness.cleared_share == 0.5
    assert worst(known(loan(), *two_late, late("03-25")), "03-26").lateness.cleared_share == 1
    assert worst(known(loan()), "03-26").lateness.cleared_share is None


def test_the_trend_of_days_past_due_is_against_three_months_ago():
    borrower = known(loan(), late("02-06", "02-05", 1), late("05-02", "04-05", 1))
    found = worst(borrower, "05-20").lateness
    assert (found.past_due_days, found.past_due_days_change) == (45, 45 - 23)


# Payments


def test_paid_against_due_and_its_trend():
    dues = [paid(due_day(number)) for number in range(1, 4)] + [paid(due_day(number), "40.00") for number in (4, 5, 6)]
    found = worst(known(loan(), *dues, late("07-06", "05-05", 3)), "07-31").payments
    assert (found.paid_share_3, found.paid_share_6, found.paid_share_change) == (0.4, 0.7, -0.6)
    assert found.part_paid_6 == 3


def test_who_pays_ahead_has_not_paid_more_than_all():
    assert worst(known(loan(), paid("02-01", "300.00"), late("02-06")), "02-07").payments.paid_share_3 == 1


def test_failures_are_counted_by_their_kind_of_reason():
    codes = ("AM04", "AM04", "AC04", "MD01", "MD07", "bank:17")
    failures = (
        said.PaymentFailed(f"A{n}", "L1", Decimal(1), day("02-05"), code) for n, code in enumerate(codes, start=1)
    )
    found = worst(known(loan(), *failures), "02-06").payments
    assert (found.failed_funds, found.failed_account, found.failed_mandate, found.failed_other) == (2, 1, 1, 2)


def test_paying_while_late_is_seen_for_two_months():
    borrower = known(loan(), late("02-06", "02-05", 1), paid("02-20", "10.00"))
    assert [worst(borrower, on).payments.paying_while_late for on in ("03-31", "04-01")] == [True, False]


# Debt


def test_the_balance_is_what_schedule_and_charges_leave_of_payments():
    fee = said.FeeCharged("F1", "L1", Decimal("7.50"), day("02-06"), "fee")
    waiver = said.BalanceAdjusted("A1", "L1", "fees", Decimal("-2.50"), day("02-07"), "waiver")
    found = worst(known(loan(), paid("02-05"), fee, waiver), "02-10").debt
    assert found.balance == Decimal("1105.00")
    assert (found.term_left, found.age_months) == (round(11 / 12, 4), 1)


def test_a_revolving_account_owes_its_statement_less_what_was_paid_since():
    borrower = known(account(), bill("800", "40", "02-11", "01-26"), paid("02-07", "50.00"))
    found = worst(borrower, "02-12")
    assert (found.debt.balance, found.debt.balance_share) == (750, 0.75)
    assert (found.months.due[0], found.months.owed[0]) == (0, 800)
    assert worst(evolve(borrower, paid("02-12", "1.00")), "02-12").months.due[0] == 40


def test_utilisation_is_compared_with_three_statements_ago():
    amounts = ("200", "300", "400", "500")
    bills = (bill(each, "10", f"{n + 2:02}-11", f"{n + 1:02}-26") for n, each in enumerate(amounts))
    assert worst(known(account(), *bills), "05-12").debt.balance_share_change == 0.3


def test_a_new_schedule_takes_over_what_was_unpaid_and_gives_it_back_when_undone():
    due = tuple(said.Instalment(n, due_day(n + 3), Decimal("250.00")) for n in range(1, 5))
    before = known(loan(), paid("02-05"), paid("03-05"), late("04-06", "04-05", 1))
    after = evolve(before, said.LoanRescheduled("L1", "R1", "restructure", day("04-20"), due))
    assert worst(after, "04-21").debt.balance == 1000
    restored = evolve(after, said.ScheduleRestored("L1", "R1", day("04-25")))
    assert worst(restored, "04-26").debt == worst(before, "04-26").debt


def test_acceleration_makes_all_due_at_once_and_voiding_it_takes_that_back():
    before = known(loan(), paid("02-05"))
    after = evolve(before, said.LoanAccelerated("L1", day("02-20")))
    assert worst(after, "02-20").debt.coming == 1100
    assert evolve(after, said.FactVoided("/core", "1", "L1", "LoanAccelerated")) == before


def test_a_loan_taken_over_is_not_late_for_what_nobody_told_us():
    fields = {name: getattr(loan(), name) for name in loan().__slots__}
    taken = said.LoanImported(**fields, as_of=day("05-31"), unpaid=(UnpaidPart(4, Decimal("60.00")),))
    found = worst(known(taken, paid("06-05"), late("06-06", "05-05", 1)), "06-10")
    assert found.debt.balance == 12 * 100 - 340 - 100
    assert (found.payments.dues_seen, found.payments.paid_share_12) == (1, 1)


def test_a_voided_loan_was_never_there_and_a_voided_ending_never_came():
    charged_off = known(loan(), said.LoanChargedOff("L1", day("06-30")))
    assert known(loan(), said.FactVoided("/core", "1", "L1", "LoanOpened")).loans == ()
    assert evolve(charged_off, said.FactVoided("/core", "2", "L1", "LoanChargedOff")).loans[0].ended == "no"


# Conduct

REACHED = ("agent:1", "debtor", True)
PROMISE = {"loan_ids": ("L1",), "currency": "CNY"}


def test_promises_kept_against_promises_judged():
    made = [said.PromiseMade(f"P{n}", ("L1",), Decimal(1), "CNY", day("03-01"), 3) for n in range(4)]
    judged = [
        said.PromiseKept("P0", judged_on=day("03-02"), paid=Decimal(1), **PROMISE),
        said.PromiseBroken("P1", judged_on=day("03-02"), paid=Decimal(0), promised=Decimal(1), **PROMISE),
        said.PromiseSuperseded("P2", ("L1",), "new_promise"),
    ]
    found = features_of(known(*made, *judged), day("03-03"))
    assert (found.promises_made, found.promises_judged, found.promises_kept_share) == (3, 2, 0.5)
    again = said.PromiseRejudged(
        "P1", judged_on=day("03-09"), before="broken", verdict="kept", paid=Decimal(1), because="payment", **PROMISE
    )
    assert features_of(known(*made, *judged, again), day("03-10")).promises_kept_share == 1


def test_a_promise_judged_a_year_ago_is_forgotten():
    borrower = known(said.PromiseKept("P0", judged_on=day("03-02"), paid=Decimal(1), **PROMISE))
    assert features_of(borrower, day("2026-02-28")).promises_judged == 1
    assert features_of(borrower, day("2026-03-01")).promises_judged == 0


def test_answers_against_contacts_that_arrived():
    sent = [said.ContactSent(f"C{n}", f"A{n}", "sms") for n in range(5)]
    failed = said.ContactFailed("C0", "A0", "sms", "undelivered")
    reply = said.ReplyReceived("R1", "sms", at("02-05", 12), ())
    call = said.ConversationHeld("C9", "phone", "out", "conversation", at("02-06", 12), *REACHED)
    found = features_of(known(*sent, failed, reply, call), day("02-07"))
    assert (found.contacts, found.answered_share) == (4, 0.5)
    assert (found.answer_channel, found.answer_hour) == ("phone", 12)


def test_too_few_contacts_say_nothing_of_answering():
    assert features_of(known(*[said.ContactSent("C", "A", "sms")] * 2), day("02-07")).answered_share is None
    assert features_of(known(*[said.ContactSent("C", "A", "sms")] * 3), day("02-07")).answered_share == 0


def test_an_arrangement_that_the_core_refused_was_not_broken_by_the_borrower():
    refused = said.ArrangementBroken("A", ("L1",), "core_refused", day("02-05"), "CNY")
    missed_out = said.ArrangementBroken("A", ("L1",), "missed", day("02-05"), "CNY", 2)
    assert features_of(known(refused), day("02-06")).arrangements_broken == 0
    assert features_of(known(missed_out), day("02-06")).arrangements_broken == 1


# Laws

DATES = st.dates(day("01-05"), day("2026-06-30"))
MONEY = st.integers(1, 30000).map(lambda cents: Decimal(cents) / 100)
LOAN_IDS = st.sampled_from(["L1", "L2", "L3"])
INSTANTS = st.datetimes(datetime(2025, 1, 5), datetime(2026, 6, 30), timezones=st.just(UTC))  # noqa: DTZ001
VERDICTS = st.sampled_from(["kept", "partly_kept", "broken"])
REPAYMENTS = st.one_of(
    st.builds(paid, DATES, MONEY.map(str), LOAN_IDS),
    st.builds(missed, DATES, loan_id=LOAN_IDS),
    st.builds(late, DATES, st.none() | DATES, st.none() | st.integers(0, 6), loan_id=LOAN_IDS),
    st.builds(said.PaymentReversed, st.just("P"), LOAN_IDS, DATES, MONEY, DATES),
    st.builds(said.PaymentFailed, st.just("A"), LOAN_IDS, MONEY, DATES, st.sampled_from(["AM04", "MD01", "X"])),
    st.builds(said.FeeCharged, st.just("F"), LOAN_IDS, MONEY, DATES, st.just("fee")),
    st.builds(said.LoanChargedOff, LOAN_IDS, DATES),
    st.builds(said.LoanClosed, LOAN_IDS, DATES),
    st.builds(loan, st.integers(1, 24), loan_id=LOAN_IDS),
)
FEEDBACK = st.one_of(
    st.builds(said.ReplyReceived, st.just("R"), st.sampled_from(["sms", "email", "app"]), INSTANTS, st.just(())),
    st.builds(said.PromiseMade, st.just("P"), st.just(("L1",)), MONEY, st.just("CNY"), DATES, st.just(3)),
    st.builds(said.PromiseKept, st.just("P"), st.just(("L1",)), DATES, MONEY, st.just("CNY")),
    st.builds(said.PromiseBroken, st.just("P"), st.just(("L1",)), DATES, MONEY, MONEY, st.just("CNY")),
    st.builds(
        said.PromiseRejudged,
        *(st.just("P"), st.just(("L1",)), DATES, VERDICTS, VERDICTS, MONEY, st.just("CNY"), st.just("payment")),
    ),
    st.builds(said.ArrangementRefused, st.just("A"), st.just("extension"), st.just(()), st.just("limit"), DATES),
    st.builds(said.ArrangementBroken, st.just("A"), st.just(()), st.just("missed"), DATES, st.just("CNY")),
)
CONTACTS = st.one_of(
    st.builds(said.ContactSent, st.just("C"), st.just("A"), st.just("sms")),
    st.builds(said.ContactFailed, st.just("C"), st.just("A"), st.just("sms"), st.sampled_from(["rejected", "expired"])),
    st.builds(
        said.ConversationHeld,
        *(st.just("C"), st.just("phone"), st.just("out"), st.just("conversation"), INSTANTS, st.just("agent")),
        *(st.sampled_from(["debtor", "spouse"]), st.booleans()),
    ),
)


@st.composite
def interleavings(draw):
    """Three ordered streams, and two ways in which they may reach us."""
    streams = [[loan(), *draw(st.lists(REPAYMENTS, max_size=30))]]
    streams += [draw(st.lists(kind, max_size=12)) for kind in (FEEDBACK, CONTACTS)]
    order = [place for place, stream in enumerate(streams) for _ in stream]
    return [merged(streams, draw(st.permutations(order))) for _ in range(2)]


def merged(streams, order):
    left = [iter(stream) for stream in streams]
    return [next(left[place]) for place in order]


@settings(derandomize=True, max_examples=150, deadline=None)
@given(interleavings(), DATES)
def test_how_the_sources_interleave_leaves_no_trace(ways, as_of):
    one, other = (known(*way) for way in ways)
    assert one == other
    assert features_of(one, as_of) == features_of(other, as_of)
    assert repr(vector_of(features_of(one, as_of))) == repr(vector_of(features_of(other, as_of)))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(REPAYMENTS | FEEDBACK | CONTACTS, max_size=40), DATES)
def test_a_stored_borrower_is_read_back_and_goes_on_as_if_never_stored(events, as_of):
    borrower = known(loan(), *events)
    stored = msgspec.json.decode(msgspec.json.encode(borrower), type=Borrower)
    assert stored == borrower
    assert features_of(stored, as_of) == features_of(borrower, as_of)
    assert repr(model_inputs(stored, as_of)) == repr(model_inputs(borrower, as_of))


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(REPAYMENTS, max_size=40), DATES)
def test_the_windows_equal_a_count_over_the_plain_facts(events, as_of):
    """Told again without a state: all facts of the one loan at once, in any order."""
    events = [e for e in events if getattr(e, "loan_id", "") == "L1" and not isinstance(e, ENDINGS)]
    found = next(each for each in features_of(known(loan(), *events), as_of).loans if each.loan_id == "L1")
    this_month = as_of.year * 12 + as_of.month
    for lag in range(6):
        month = [e for e in events if _dated(e) and this_month - (_dated(e).year * 12 + _dated(e).month) == lag]
        money = sum((_signed(e) for e in month), Decimal(0))
        if len({(_dated(e).year, _dated(e).month) for e in events if _dated(e)}) <= 13:
            assert found.months.paid[lag] == money
            assert found.months.missed[lag] == any(isinstance(e, said.InstalmentMissed) for e in month)


ENDINGS = (said.LoanOpened, said.LoanClosed, said.LoanChargedOff)


def _dated(event):
    for kind, name in ((said.PaymentReceived, "value_on"), (said.PaymentReversed, "value_on")):
        if isinstance(event, kind):
            return getattr(event, name)
    return event.due_on if isinstance(event, said.InstalmentMissed) else None


def _signed(event):
    signs = {said.PaymentReceived: 1, said.PaymentReversed: -1}
    return signs[type(event)] * event.amount if type(event) in signs else Decimal(0)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.integers(738000, 741000), MONEY), max_size=80))
def test_a_schedule_is_read_back_exactly(dues):
    sums = {}
    for on, amount in dues:
        sums[on] = sums.get(on, Decimal(0)) + amount
    assert list(dues_of(schedule_of(dues))) == sorted(sums.items())


# Who somebody is

NEVER = {
    *("sex", "gender", "age", "birth", "birthday", "education", "school", "marriage", "married", "marital", "children"),
    *("ethnicity", "ethnic", "race", "religion", "nationality", "language", "name", "surname", "health", "illness"),
    *("address", "postcode", "zip", "city", "state", "province", "cause", "hardship"),
}
NEVER_READ = {"customer_id", "facts", "parties", "jurisdiction", "lender", "product", "recent_contacts", "language"}


def test_no_feature_is_named_after_who_somebody_is():
    for name in (*SCORED, *INPUT_NAMES):
        words = set(name.replace("age_months", "months_since_opening").split("_"))
        assert not words & NEVER, name


def test_a_model_may_weigh_what_a_scorecard_may():
    assert {each.name for each in INPUTS if each.name in SCORED} == set(SCORED) - {"arrangement_kept"}
    assert len(set(INPUT_NAMES)) == len(INPUT_NAMES)


class Witness:
    """Stands in for an event and notes what is read of it."""

    def __init__(self, event):
        self.event, self.read = event, set()

    def __getattr__(self, name):
        self.read.add(name)
        return getattr(self.event, name)


def golden(name):
    (path,) = GOLDEN.glob(f"*/{name}.json")
    return decode(EVENT_TYPES[name], path.read_bytes())


@pytest.mark.parametrize("kind", [*LOAN_CHANGES, *CONDUCT_CHANGES, said.LoanOpened, said.LoanImported])
def test_the_fold_reads_nothing_of_who_somebody_is(kind):
    witness = Witness(golden(kind.__name__))
    opened = known(loan(loan_id=getattr(witness.event, "loan_id", None) or "L1"))
    if kind in LOAN_CHANGES:
        LOAN_CHANGES[kind](opened.loans[0], witness)
    else:
        {said.LoanOpened: open_loan, said.LoanImported: import_loan, **CONDUCT_CHANGES}[kind](opened, witness)
    assert not witness.read & NEVER_READ


def test_two_borrowers_who_differ_only_in_who_they_are_have_the_same_record():
    one = loan(customer_id="C1", facts={"sex": "2", "age": "71", "score": "600"}, jurisdiction="CN", lender="A")
    other = loan(customer_id="C2", facts={"sex": "1", "education": "3"}, jurisdiction="UK", lender="B", product="x")
    assert known(one) == known(other)


ROUTES_BY_ITSELF = (
    "CauseStated HardshipClaimed HardshipConfirmed HardshipDeclined HardshipEnded VulnerabilityNoted DisputeRaised "
    "DisputeResolved ComplaintRaised ComplaintResolved ContactStopped ConsentWithdrawn SurveyAnswered "
    "RepresentativeNamed PreferenceStated DelinquencyPaused DelinquencyResumed ContactPlanned ContactWithheld "
    "ContactDeferred TreatmentChosen HoldPlaced"
)


@pytest.mark.parametrize("name", ROUTES_BY_ITSELF.split())
def test_a_need_a_right_or_a_plan_of_ours_is_no_feature(name):
    borrower = known(loan())
    assert evolve(borrower, golden(name)) is borrower


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_the_fold_takes_every_event_there_is(name):
    event = golden(name)
    for borrower in (known(), known(loan(loan_id=getattr(event, "loan_id", None) or "L1"))):
        after = evolve(borrower, event)
        assert (after == borrower) or type(event) in CHANGES


def test_an_event_about_a_loan_never_heard_of_changes_no_loan():
    assert change_loan(known(), paid("02-05")) == known()


# Size


def test_a_year_of_one_loan_is_remembered_in_900_bytes():
    opened = loan(12, "1050.00", loan_id="LN-2025-00000001")
    borrower = known(opened, *(paid(due_day(n), "1050.00", opened.loan_id) for n in range(1, 13)))
    assert len(msgspec.json.encode(borrower)) <= 900


def test_a_restless_borrower_is_still_remembered_in_bounds():
    events = [loan(60, loan_id=f"L{n}") for n in range(80)]
    for number in range(1, 60):
        on = due_day(number)
        events += [missed(on, loan_id="L79"), late(on, on, 1, loan_id="L79"), paid(on, loan_id="L79")]
        events += [said.PaymentFailed("A", "L79", Decimal(1), on, code) for code in ("AM04", "AC01", "MD01", "X")]
        events += [said.ReplyReceived("R", "sms", at(on, number % 24), ())]
    borrower = known(*events)
    kept = borrower.loans[-1]
    assert len(borrower.loans) == 64
    assert (len(kept.paid), len(kept.missed), len(kept.standing), len(kept.failed)) == (13, 13, 13, 26)
    assert len(borrower.replied) == 16
    assert len(msgspec.json.encode(borrower)) < 64 * 1024
