"""Verifying sees what was touched: every kind of it, where, and without a word of what stands there."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import asyncpg
import pytest

from shared.announcements import Announcement, Cause, Chain, chain
from shared.codec import decode
from shared.events import PaymentReceived
from shared.fold import Heard, Parked, Request, apply
from shared.parking import discard, release_edited
from shared.pull import Pull
from shared.timers import Timers
from shared.verify import Report, reading, running
from tests.shared.street import Keys, a_house, messages, peer_of, said_by, told
from tests.shared.toy import RingAt, answer, hearer, soon, speaker
from tests.shared.verifying import verified

pytestmark = pytest.mark.postgres


@pytest.fixture
async def street(databases):
    """A speaker told of three payments, one of them after it rang, and a hearer that answered each."""
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        await apply(first, [Heard("A", RingAt(soon()), Request("tests"))])
        await Timers(first).wake_all()
        said = [*await told(first, "A", "1.00", "2.00"), *await told(first, "B", "4.00")]
        await apply(second, messages(second, said))
        yield first, second


@pytest.fixture
def touch(databases):
    """Do to the database of a house what its own role may not."""

    async def touch(house, statement: str) -> None:
        name = house.database.work.url.database
        connection = await asyncpg.connect(databases.server.admin_url(name, driver=""))
        done = await connection.execute(statement)
        await connection.close()
        assert done.split()[-1] != "0", "something was touched"

    return touch


def kinds(report) -> set[str]:
    return set(report.found)


async def test_what_nobody_touched_is_as_history_has_it_and_everything_is_counted(street):
    first, second = street
    report = await verified(first)
    assert (report.is_well, report.mismatches) == (True, [])
    assert (report.subjects, report.entries, report.announcements, report.decisions) == (2, 5, 3, 5)
    report = await verified(second, first)
    assert (report.subjects, report.entries, report.announcements, report.decisions) == (2, 3, 3, 3)
    assert report.is_well


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
async def test_it_sees_that_somebody_touched(street, touch, statement, expected):
    first, _ = street
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
async def test_it_sees_that_somebody_touched_at_the_hearer(street, touch, statement, expected):
    first, second = street
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
async def test_a_hearer_sees_that_its_source_says_otherwise_now(street, touch, statement, expected):
    first, second = street
    await touch(first, statement)
    assert kinds(await verified(second, first)) == expected


async def test_a_chain_forged_whole_is_seen_by_what_was_decided_and_by_whoever_heard_it(street, touch):
    first, second = street
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


async def test_a_decision_that_the_code_would_take_no_longer_is_named_by_what_it_says_now(street):
    first, second = street

    def silent(state, fact, context):
        return []

    def stumbling(state, fact, context):
        raise RuntimeError

    def later(state, fact, context):
        return [replace(one, on=date(2025, 1, 2)) for one in answer(state, fact, context)]

    for decide, what in {
        silent: "now says nothing instead of LoanCured",
        stumbling: "now raises RuntimeError",
        later: "LoanCured: /on",
    }.items():
        report = await verified(replace(second, decide=decide), first)
        assert kinds(report) == {"decision-differs"}
        assert [(one.key, one.position, one.what) for one in report.mismatches] == [
            ("A", 1, what), ("A", 2, what), ("B", 1, what),
        ]  # fmt: skip


async def test_what_an_operator_put_in_place_of_an_item_is_taken_as_it_was_put(databases, tmp_path):
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        for key, act in {"A": _edit, "B": _drop}.items():
            said = await told(first, key, "1.00", "13.00", "2.00")
            assert isinstance((await apply(second, messages(second, said)))[1], Parked)
            assert (await verified(second, first)).is_well, "what is parked is not heard yet"
            await act(second, said[1])
        peer = peer_of(first, Keys(tmp_path))
        await Pull(second, {"ingest": peer}).close_gaps()
        await peer.close()
        report = await verified(second, first)
        assert (report.is_well, report.entries, report.decisions) == (True, 6, 5)


async def _edit(house, said) -> None:
    await release_edited(house, 1, said.type, said.data.replace(b"13.00", b"12.00"), "operator")


async def _drop(house, said) -> None:
    await discard(house, 2, "operator")


@pytest.mark.parametrize(("keys", "rows"), [(1, 20_000), (2, 20_000), (200, 1), (200, 8)])
async def test_pages_of_any_size_leave_nobody_out(street, touch, monkeypatch, keys, rows):
    first, second = street
    for name in ("C", "D", "E"):
        await apply(second, messages(second, await told(first, name, *["1.00"] * 5)))
    await touch(first, "delete from subjects where key = 'C'")
    monkeypatch.setattr(reading, "_HEADS", reading._HEADS.limit(keys))
    monkeypatch.setattr(reading, "KEYS_MAX", keys)
    monkeypatch.setattr(reading, "ROWS_MAX", rows)
    monkeypatch.setattr(reading, "ASKED_MAX", 2)
    report = await verified(first)
    assert (report.subjects, kinds(report)) == (5, {"subject-differs"})
    report = await verified(second, first)
    assert (report.subjects, report.entries, report.is_well) == (5, 18, True)


async def test_a_report_lists_a_hundred_and_counts_all(street, touch, monkeypatch):
    first, _ = street
    monkeypatch.setattr("shared.verify.report.LISTED_MAX", 1)
    await touch(first, "update subjects set said = said + 1, wake_at = now()")
    report = await verified(first)
    assert (len(report.mismatches), report.as_json()["found"]) == (1, {"subject-differs": 2})


@pytest.mark.parametrize(("found", "code"), [({}, 0), ({"state-differs": 1}, 1)], ids=["well", "unwell"])
def test_the_command_ends_with_the_report_and_fails_on_a_mismatch(capsys, monkeypatch, found, code):
    async def report(_):
        return Report("toy", found=Counter(found))

    monkeypatch.setattr(running, "_verify_and_close", report)
    assert running.run_verification(None) == code
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["found"] == found
