"""The folds that know no order against the houses' own, fact by fact, over the portfolio that the stories replay."""

import json
from collections import defaultdict
from datetime import timedelta

import pytest

from deploy.local.replay.generated import generated
from services.ingest.domain.figures import figures_on
from services.scoring.domain.features import features_of
from shared.codec import encode
from tests.ingest.builders import Bank
from tests.ingest.reference import in_cents, reference
from tests.scoring.builders import known
from tests.scoring.reference import Book, heard_to, told_to
from tests.stories.references import plain_of, posted_in

PORTFOLIO = generated(seed=3, borrowers=12, months=12)
DAYS_LATER = (0, 3, 20)


def facts_by_loan():
    facts = defaultdict(list)
    for day, event in PORTFOLIO.facts:
        facts[event["data"]["loan_id"]].append((day, event))
    return facts


@pytest.mark.parametrize("loan_id", facts_by_loan())
def test_positions_and_features_equal_the_folds_of_plain_facts_after_every_fact(loan_id):
    bank, facts = Bank(), facts_by_loan()[loan_id]
    for count, (day, event) in enumerate(facts, start=1):
        bank.close(day)
        bank.post(posted_in(event, PORTFOLIO.zone).fact, day)
        following = facts[count][0] if count < len(facts) else day + timedelta(max(DAYS_LATER) + 1)
        for later in DAYS_LATER:
            if later and day + timedelta(later) >= following:
                continue
            bank.close(day + timedelta(later))
            assert_positions_agree(bank, loan_id)
            assert_features_agree(bank, [(one["type"], one["data"]) for _, one in facts[:count]])


def assert_positions_agree(bank, loan_id):
    on = bank.state.aged_on
    assert in_cents(figures_on(bank.state.loans[loan_id], on)) == reference(bank.facts, on)


def assert_features_agree(bank, facts):
    said = [(type(event).__name__, json.loads(encode(event))) for event in bank.said]
    borrower, book, heard = known(*bank.said), Book(facts), heard_to(said)
    assert (borrower.told_to, borrower.heard_to) == (told_to(said), heard)
    loans = features_of(borrower, heard).loans
    assert len(loans) == (0 if book.closed else 1)
    for loan in loans:
        expected = book.features(heard, told_to(said))
        assert plain_of(loan, expected) == expected
