"""What the houses keep at the end of a story, against folds of the plain facts that know no order."""

import json
import random
from collections import defaultdict
from datetime import date, datetime
from operator import attrgetter
from zoneinfo import ZoneInfo

from deploy.local.profile import Profile
from deploy.local.replay.portfolio import Portfolio
from services.ingest.domain import borrower as ingest
from services.ingest.domain.facts import FACTS, Posted, Recorded
from services.ingest.domain.figures import figures_on
from services.scoring.domain.features import features_of
from services.scoring.domain.history import Borrower
from shared.codec import decode, decode_strict
from tests.ingest.reference import in_cents, reference
from tests.scoring.reference import Book, conduct, heard_to, told_to
from tests.stories.street import ledger_of

SEED = 5
SAID = "select key, type, data from announcements order by key, number"


async def assert_positions_equal_the_facts(profile: Profile, portfolio: Portfolio) -> None:
    """Ingest's states, loan by loan, on the day each stands on."""
    facts = defaultdict(list)
    for _, event in _shuffled(portfolio.facts):
        posted = posted_in(event, portfolio.zone)
        facts[posted.fact.loan_id].append(Recorded(posted, posted.time))
    seen = 0
    async with ledger_of(profile, "ingest") as ledger:
        for row in await ledger.fetch("select key, body from subjects where position > 0"):
            state = decode(ingest.Borrower, row["body"])
            for loan_id, loan in state.loans.items():
                assert in_cents(figures_on(loan, state.aged_on)) == reference(facts[loan_id], state.aged_on), loan_id
                seen += 1
    assert seen == len(facts)


def posted_in(event: dict, zone: str) -> Posted:
    time = datetime.fromisoformat(event["time"])
    recorded_on: date = time.astimezone(ZoneInfo(zone)).date()
    fact = decode_strict(FACTS[event["type"]], event["data"])
    return Posted(event["source"], event["id"], time, recorded_on, event["type"], fact)


async def assert_features_equal_the_facts(profile: Profile, portfolio: Portfolio) -> None:
    """Scoring's states, as features on the last day that anybody named."""
    books, said = _books(portfolio), await _said(profile)
    async with ledger_of(profile, "scoring") as ledger:
        rows = await ledger.fetch("select key, body from subjects where position > 0")
    for row in rows:
        borrower, told, heard = decode(Borrower, row["body"]), told_to(said[row["key"]]), heard_to(said[row["key"]])
        assert (borrower.told_to, borrower.heard_to) == (told, heard), row["key"]
        features = features_of(borrower, heard)
        expected = conduct(said[row["key"]])
        assert {name: getattr(features, name) for name in expected} == expected, row["key"]
        open_loans = {loan_id: book for loan_id, book in books[row["key"]].items() if not book.closed}
        found = {loan.loan_id: loan for loan in features.loans}
        assert found.keys() == open_loans.keys()
        for loan_id, book in open_loans.items():
            told_again = book.features(heard, told)
            assert plain_of(found[loan_id], told_again) == told_again, loan_id
    assert len(rows) == len(books)


def plain_of(loan, names) -> dict:
    """The same features of the house, money in cents."""
    values = {name: attrgetter(name)(loan) for name in names}
    money = ("debt.balance", "debt.coming", "debt.beyond", "debt.instalment")
    return {name: int(value * 100) if name in money else value for name, value in values.items()}


def _books(portfolio: Portfolio) -> dict[str, dict[str, Book]]:
    facts, owners = defaultdict(list), {}
    for _, event in _shuffled(portfolio.facts):
        facts[event["data"]["loan_id"]].append((event["type"], event["data"]))
        if event["type"] == "loan.opened":
            owners[event["data"]["loan_id"]] = event["data"]["customer_id"]
    books: dict[str, dict[str, Book]] = defaultdict(dict)
    for loan_id, key in owners.items():
        books[key][loan_id] = Book(facts[loan_id])
    return books


async def _said(profile: Profile) -> dict[str, list]:
    """What scoring's sources said of each borrower, in no order."""
    said = defaultdict(list)
    for house in ("ingest", "contact", "feedback"):
        async with ledger_of(profile, house) as ledger:
            for row in await ledger.fetch(SAID):
                said[row["key"]].append((row["type"], json.loads(row["data"])))
    return {key: _shuffled(told) for key, told in said.items()}


def _shuffled(facts):
    facts = list(facts)
    random.Random(SEED).shuffle(facts)
    return facts
