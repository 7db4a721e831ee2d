"""The rules ingest decides by: kept as they were, so that a changed setting does not change what was decided."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from deploy.local.tokens import jwks_file
from services.ingest.app import context_of, verification_of
from services.ingest.settings import Settings
from services.ingest.store.contexts import posted_from, rulebook_of
from shared.codec import encode
from shared.codec.decoding import plain
from shared.events.repayments import FactVoided, PaymentReversed
from shared.verify import verify
from tests.harness import Databases
from tests.houses import Client, running
from tests.ingest.builders import TYPES, Bank, day, monthly, paid
from tests.ingest.posting import START, close_days, opened, report, reversed_
from tests.ingest.posting import paid as paid_by_event
from tests.ingest.test_bucket_sets import FINER, put


@pytest.fixture
async def ingest(databases: Databases, tmp_path) -> AsyncIterator[Client]:
    async with running(databases, tmp_path, "ingest", now=START) as client:
        yield client


def settings_of(client: Client, **changed) -> Settings:
    return Settings(
        database_url=client.database.app_url, clock="simulated", jwks_file=jwks_file(client.keys),
        **{"jurisdiction": "CN"} | changed,
    )  # fmt: skip


@pytest.mark.postgres
async def test_decisions_are_taken_again_by_the_settings_of_their_day(ingest):
    await close_days(ingest, "2025-01-31")
    await report(ingest, opened(), paid_by_event("P1", on="2025-01-20"), reversed_("P1", on="2025-01-31"))
    await close_days(ingest, "2025-03-10")
    verification = verification_of(settings_of(ingest, jurisdiction="GB"))
    found = await verify(verification)
    assert found.mismatches == []
    assert found.decisions == found.entries > 6
    await ingest.sql("delete from rulebooks")
    assert {*(await verify(verification)).found} == {"rules-unknown"}
    await verification.house.database.close()


@pytest.mark.postgres
async def test_decisions_are_taken_again_by_the_bucket_sets_of_their_day(ingest):
    await report(ingest, opened(), opened("L2", "C2", bucket_set="cn-m"))
    await close_days(ingest, "2025-02-12")
    changed = {"ranges": FINER, "effective_on": "2025-02-15"}
    assert (await put(ingest, "default", changed, **{"If-Match": '"1"'})).status_code == 200
    await close_days(ingest, "2025-03-10")
    verification = verification_of(settings_of(ingest))
    found = await verify(verification)
    assert found.mismatches == []
    assert found.decisions == found.entries > 6
    await verification.house.database.close()


def test_another_setting_is_another_rulebook():
    base = Settings.model_construct(jurisdiction="CN", coming_due_days=3)
    others = ({"jurisdiction": "GB"}, {"coming_due_days": 4})
    names = {rulebook_of(context_of(base.model_copy(update=other))).name for other in ({}, *others)}
    assert len(names) == 3


def test_what_was_posted_is_read_back_from_the_journal_with_the_fact_that_it_is_about():
    bank = Bank()
    for fact in (monthly(), paid("100", "01-15")):
        bank.post(fact)
    for fact in (PaymentReversed("P1", "L1", day("01-20")), FactVoided("/core", "2"), paid("50", "01-16", "P2")):
        posted = bank.posted(fact, day("01-21"))
        if posted.about is not None:
            posted = replace(posted, about_type=TYPES[type(posted.about)])
        assert posted_from(plain(encode(posted))) == posted
