"""What is stored of a borrower: read back the same, and small."""

import pytest
from hypothesis import given, settings

from services.ingest.domain.borrower import Borrower, blank
from shared.codec import decode, encode
from tests.ingest.builders import Bank, monthly, paid
from tests.ingest.test_laws import arrive, stories


@settings(max_examples=100, deadline=None)
@given(stories())
def test_a_stored_state_is_read_back_the_same(story):
    state = arrive(story).state
    raw = encode(state)
    assert decode(Borrower, raw) == state
    assert encode(decode(Borrower, raw)) == raw


SIZES = {
    "nobody": (0, 0, 30),
    "a year's loan at its start": (12, 0, 250),
    "half paid": (12, 6, 450),
    "paid to the end": (12, 12, 700),
    "a car loan at its end": (73, 73, 3000),
    "the longest schedule": (600, 600, 24_000),
}


@pytest.mark.parametrize(("instalments", "payments", "bytes_max"), SIZES.values(), ids=SIZES)
def test_the_state_of_an_ordinary_loan_is_small(instalments, payments, bytes_max):
    assert len(encode(paid_up(instalments, payments))) <= bytes_max


def paid_up(instalments, payments):
    if not instalments:
        return blank("C1")
    bank, opening = Bank(), monthly(instalments, "305.77")
    bank.close("01-01")
    bank.post(opening)
    for number, one in enumerate(opening.instalments[:payments]):
        bank.close(one.due_on)
        bank.post(paid("305.77", str(one.due_on), f"P{number}"))
    return bank.state
