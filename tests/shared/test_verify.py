"""Verifying: a history taken again, whoever put what in place of what, at work or at rest, on pages of any size."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from shared.fold import Because, Parked, apply
from shared.heads import PeerUnreachable
from shared.parking import discard, release_edited
from shared.pull import Pull
from shared.verify import Report, reading, running
from tests.shared.street import Keys, a_house, messages, peer_of, said_by, told
from tests.shared.toy import answer, hearer, pay, speaker
from tests.shared.verifying import kinds, verification, verified

pytestmark = pytest.mark.postgres

BECAUSE = Because("operator", "content-corrected", "OPS-1")


async def test_what_nobody_touched_is_as_history_has_it_and_everything_is_counted(two_told):
    first, second = two_told
    report = await verified(first)
    assert (report.is_well, report.mismatches) == (True, [])
    assert (report.subjects, report.entries, report.announcements, report.decisions) == (2, 5, 3, 5)
    report = await verified(second, first)
    assert (report.subjects, report.entries, report.announcements, report.decisions) == (2, 3, 3, 3)
    assert report.is_well


async def test_a_decision_that_the_code_would_take_no_longer_is_named_by_what_it_says_now(two_told):
    first, second = two_told

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
    await release_edited(house, 1, said.type, said.data.replace(b"13.00", b"12.00"), BECAUSE)


async def _drop(house, said) -> None:
    await discard(house, 2, BECAUSE)


@pytest.mark.parametrize(("keys", "rows"), [(1, 20_000), (2, 20_000), (200, 1), (200, 8)])
async def test_pages_of_any_size_leave_nobody_out(two_told, touch, monkeypatch, keys, rows):
    first, second = two_told
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


async def test_a_report_lists_a_hundred_and_counts_all(two_told, touch, monkeypatch):
    first, _ = two_told
    monkeypatch.setattr("shared.verify.report.LISTED_MAX", 1)
    await touch(first, "update subjects set said = said + 1, wake_at = now()")
    report = await verified(first)
    assert (len(report.mismatches), report.as_json()["found"]) == (1, {"subject-differs": 2})


async def test_a_house_at_work_is_verified_page_by_page_as_it_stands(two_told):
    first, second = two_told

    async def work() -> None:
        for number in range(30):
            key = f"K{number % 3}"
            await apply(first, [pay(key, number)])
            await apply(second, messages(second, await said_by(first, key)))

    working = asyncio.create_task(work())
    seen = set()
    while not working.done():
        one, other = await verified(first), await verified(second, first)
        assert (one.mismatches, other.mismatches) == ([], [])
        seen.add(one.entries)
    await working
    assert len(seen) > 2


def test_a_source_that_does_not_answer_is_no_mismatch(capsys, monkeypatch):
    async def unanswered(_):
        raise PeerUnreachable("ingest: ConnectError")

    monkeypatch.setattr(running, "_verify_and_close", unanswered)
    assert running.run_verification(verification(speaker(None))) == 2
    assert "ingest: ConnectError" in capsys.readouterr().err


@pytest.mark.parametrize(("found", "code"), [({}, 0), ({"state-differs": 1}, 1)], ids=["well", "unwell"])
def test_the_command_ends_with_the_report_and_fails_on_a_mismatch(capsys, monkeypatch, found, code):
    async def report(_):
        return Report("toy", found=Counter(found))

    monkeypatch.setattr(running, "_verify_and_close", report)
    assert running.run_verification(None) == code
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["found"] == found
