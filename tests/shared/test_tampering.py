"""Verifying sees what was touched: every kind of it, where, and without a word of what stands there."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shared.announcements import Announcement, Cause, Chain, chain
from shared.codec import decode
from shared.events import PaymentReceived
from tests.shared.street import said_by
from tests.shared.verifying import kinds, verified

pytestmark = pytest.mark.postgres


def bytes_changed(table: str, column: str, what: str, into: str) -> str:
    return (
        f"update {table} set {column} = replace(convert_from({column}, 'utf8'), '{what}', '{into}')::bytea "
        f"where key = 'A' and convert_from({column}, 'utf8') like '%{what}%'"
    )


TOUCHED = {
    "a byte of a state": (bytes_changed("subjects", "body", '"count":2', '"count":3'), {"state-differs"}),
    "a state cut short": ("update subjects set body = substring(body for 20) where key = 'A'", {"state-differs"}),
    "a state emptied": ("update subjects set body = '' where key = 'A'", {"state-differs"}),
    "an announcement": (
        bytes_changed("announcements", "data", "2.00", "3.00"),
        {"announcement-changed", "decision-differs", "state-differs"},
    ),
    "when it was said": (
        "update announcements set at = at + interval '1 second' where key = 'A' and number = 2",
        {"announcement-changed", "decision-differs"},
    ),
    "on what basis": (
        "update announcements set basis = '{}' where key = 'A' and number = 2",
        {"announcement-changed", "decision-differs"},
    ),
    "a number": (
        "update announcements set number = 3 where key = 'A' and number = 2",
        {"announcement-misnumbered", "announcement-changed", "decision-differs", "state-differs", "subject-differs"},
    ),
    "what stands before": (
        "update announcements set previous = event_id where key = 'A' and number = 2",
        {"announcement-unchained", "announcement-changed", "decision-differs"},
    ),
    "an id": (
        "update announcements set event_id = gen_random_uuid() where key = 'A' and number = 2",
        {"announcement-changed", "decision-differs", "subject-differs"},
    ),
    "the last announcement, gone": (
        "delete from announcements where key = 'A' and number = 2",
        {
            "announcement-misnumbered", "announcement-unexplained", "decision-differs", "state-differs",
            "subject-differs",
        },
    ),
    "an entry of the journal, gone": (
        "delete from journal where key = 'A' and position = 3",
        {"journal-misnumbered", "decision-differs"},
    ),
    "the last entry, gone": (
        "delete from journal where key = 'A' and position = 4",
        {"announcement-unexplained", "state-differs", "subject-differs"},
    ),
    "all entries, gone": (
        "delete from journal where key = 'A'",
        {"announcement-unexplained", "state-differs", "subject-differs"},
    ),
    "what was asked": (
        bytes_changed("journal", "body", "2.00", "3.00"),
        {"decision-differs"},
    ),
    "what was asked, made unreadable": (
        bytes_changed("journal", "body", '"amount"', '"amuont"'),
        {"journal-unreadable"},
    ),
    "a command nobody knows": (bytes_changed("journal", "body", "Pay", "Spy"), {"journal-unreadable"}),
    "when it was heard": (
        "update journal set now = now + interval '1 second' where key = 'A' and position = 4",
        {"decision-differs"},
    ),
    "the wake it had asked for": (
        "update journal set body = '[\"Wake\",{\"at\":\"2020-01-01T00:00:00Z\"}]' where key = 'A' and position = 2",
        {"wake-unasked"},
    ),
    "under which rules": ("update journal set edition = 1 where key = 'A' and position = 4", {"rules-unknown"}),
    "what the rules were": ("update editions set versions = '{\"toy\":\"2\"}'", {"rules-unknown"}),
    "a decision made none": (
        "update journal set edition = null where key = 'A' and position = 4",
        {"announcement-unexplained", "state-differs"},
    ),
    "a row, gone": ("delete from subjects where key = 'A'", {"subject-differs"}),
    "the count of what was said": ("update subjects set said = said + 1 where key = 'A'", {"subject-differs"}),
    "the last id": ("update subjects set last_id = gen_random_uuid() where key = 'A'", {"subject-differs"}),
    "when it wants to wake": ("update subjects set wake_at = now() where key = 'A'", {"subject-differs"}),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "expected"), TOUCHED.values(), ids=TOUCHED)
async def test_it_sees_that_somebody_touched(two_told, touch, statement, expected):
    first, _ = two_told
    await touch(first, statement)
    report = await verified(first)
    assert kinds(report) == expected
    assert {one.key for one in report.mismatches} <= {"A", "B"}
    assert not any("3.00" in one.what or "2.00" in one.what for one in report.mismatches)


TOUCHED_AT_THE_HEARER = {
    "the id of what was heard": (
        "update journal set event_id = gen_random_uuid() where key = 'A' and position = 1",
        {"heard-otherwise", "decision-differs"},
    ),
    "the number of what was heard": (
        "update journal set number = 2 where key = 'A' and position = 1",
        {"heard-out-of-order", "heard-otherwise", "decision-differs", "state-differs"},
    ),
    "how far it heard": ("update subjects set heard = '{1}' where key = 'A'", {"subject-differs"}),
    "which it heard last": ("update subjects set heard_ids = '{null}' where key = 'A'", {"subject-differs"}),
}


@pytest.mark.parametrize(("statement", "expected"), TOUCHED_AT_THE_HEARER.values(), ids=TOUCHED_AT_THE_HEARER)
async def test_it_sees_that_somebody_touched_at_the_hearer(two_told, touch, statement, expected):
    first, second = two_told
    await touch(second, statement)
    assert kinds(await verified(second, first)) == expected


TOUCHED_AT_THE_SOURCE = {
    "an announcement changed": (
        bytes_changed("announcements", "data", "2.00", "3.00"), {"heard-otherwise", "state-differs"},
    ),
    "an announcement gone": (
        "delete from announcements where key = 'A' and number = 2", {"heard-otherwise", "journal-unreadable"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "expected"), TOUCHED_AT_THE_SOURCE.values(), ids=TOUCHED_AT_THE_SOURCE)
async def test_a_hearer_sees_that_its_source_says_otherwise_now(two_told, touch, statement, expected):
    first, second = two_told
    await touch(first, statement)
    assert kinds(await verified(second, first)) == expected


async def test_a_chain_forged_whole_is_seen_by_what_was_decided_and_by_whoever_heard_it(two_told, touch):
    first, second = two_told
    forged = forged_after(*await said_by(first, "A"))
    assert forged.is_intact("ingest")
    await touch(first, f"update subjects set last_id = '{forged.event_id}' where key = 'A'")
    await touch(
        first,
        f"update announcements set event_id = '{forged.event_id}', data = convert_to('{forged.data.decode()}', 'utf8') "
        "where key = 'A' and number = 2",
    )
    assert kinds(await verified(first)) == {"decision-differs", "state-differs"}
    assert kinds(await verified(second, first)) == {"heard-otherwise", "state-differs"}


def forged_after(before: Announcement, said: Announcement) -> Announcement:
    """*said* with more money in it, chained and digested as it should be."""
    more = replace(decode(PaymentReceived, said.data), amount=Decimal(9))
    cause = Cause(said.at, said.basis, None, said.event_id, None)
    return chain("ingest", "A", Chain(before.number, before.event_id), [more], cause)[0]
