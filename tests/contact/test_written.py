"""The rules as they are written: kept under their digest, and read again when the files have long been others."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
import yaml

from services.contact.app import verification_of
from services.contact.domain.context import spans
from services.contact.domain.gate.calendars import Calendar
from services.contact.settings import Settings
from services.contact.store.calendars import only_years
from services.contact.store.rules import load_packs, load_strategy
from services.contact.store.texts import load_texts
from services.contact.store.written import rulebook_of, rules_in
from shared.verify import Rulebook, verify
from tests.contact.street import Street, three_houses
from tests.contact.test_street import go_late, until_sent
from tests.harness import Databases

START = datetime(2025, 1, 31, tzinfo=UTC)
SHIPPED = Settings.model_fields


@pytest.fixture
async def street(databases: Databases, tmp_path) -> AsyncIterator[Street]:
    (tmp_path / "contact").mkdir()
    async with three_houses(databases, tmp_path, START) as street:
        yield street


def other_strategy(folder):
    """The strategy that ships, with later hours."""
    written = yaml.safe_load(SHIPPED["strategy_file"].default.read_text(encoding="utf-8"))
    file = folder / "other.yaml"
    file.write_text(yaml.safe_dump(written | {"starts_at": "15:00", "spread_minutes": 0}))
    return file


@pytest.mark.postgres
async def test_decisions_are_taken_again_by_the_rules_of_their_day_though_the_files_are_others(street, tmp_path):
    await go_late(street)
    await until_sent(street)
    settings = Settings(
        database_url=street.contact.database.app_url, clock="simulated", jwks_file=tmp_path / "jwks.json",
        jurisdiction="CN", master_key_file=tmp_path / "none", strategy_file=other_strategy(tmp_path),
    )  # fmt: skip
    verification = verification_of(settings, street.peers)
    report = await verify(verification)
    assert report.mismatches == []
    assert report.decisions > 5
    book, texts = load_packs(settings.packs), load_texts(settings.templates)
    forged = rulebook_of(book, settings.strategy_file, texts.infos())
    await street.contact.sql("update rulebooks set body = $1", forged.body)
    assert "decision-differs" in (await verify(verification)).found
    await street.contact.sql("delete from rulebooks")
    assert {*(await verify(verification)).found} == {"rules-unknown"}
    await verification.house.database.close()


def test_what_ships_is_understood_again_as_it_was():
    book, texts = load_packs(SHIPPED["packs"].default), load_texts(SHIPPED["templates"].default)
    strategy = SHIPPED["strategy_file"].default
    kept = rulebook_of(book, strategy, texts.infos())
    rules = rules_in(kept.body)
    assert rules is not None
    assert rules.packs.by_name == book.packs.by_name
    assert [*rules.packs.by_name] == [*book.packs.by_name]
    assert rules.strategy == load_strategy(strategy)
    assert rules.templates == texts.infos()
    assert kept == Rulebook.by_digest(kept.body)


def test_rules_that_today_understands_no_longer_are_not_at_hand():
    assert rules_in(b'{"packs":[{"name":"CN"}],"strategy":{},"templates":[]}') is None


YEARS = {
    "one": (frozenset({2025}), "2025"),
    "several in a row": (frozenset({2024, 2025, 2026}), "2024-2026"),
    "with a hole": (frozenset({2024, 2026, 2027}), "2024,2026-2027"),
}


@pytest.mark.parametrize(("years", "text"), YEARS.values(), ids=YEARS)
def test_a_calendar_is_named_by_its_years_and_read_back_to_them(years, text):
    assert spans(years) == text
    days = [date(year, month, 1) for year in range(2020, 2030) for month in (1, 5)]
    loaded = {"CN": Calendar("CN", "notices", frozenset(range(2020, 2030)), frozenset(days), frozenset(days))}
    found = only_years(loaded, f"CN@{text}")["CN"]
    assert found.years == years
    assert {day.year for day in found.holidays} == {day.year for day in found.working} == years
    assert only_years(loaded, "") == {}
