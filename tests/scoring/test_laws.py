"""Laws of the fold: no trace of how sources interleave, nothing lost by storing, equal to a plain count, in bounds."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.features import features_of
from services.scoring.domain.history import Borrower
from services.scoring.domain.inputs import model_inputs, vector_of
from services.scoring.domain.schedule import dues_of, schedule_of
from shared import events as said
from tests.scoring.builders import at, day, due_day, known, late, loan, missed, paid

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
