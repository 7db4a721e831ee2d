"""Replies to our messages: our own words are obeyed at once, anything else is held for a person, and none is shown."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.contact.api.inbound import folded
from services.contact.domain.commands import HearReply
from services.contact.domain.replies import WORDS, meaning_of
from shared.events import (
    ConsentGiven,
    ContactCancelled,
    ContactPlanned,
    DisputeRaised,
    DisputeResolved,
    HoldEnded,
    HoldPlaced,
    Scope,
)
from tests.contact.borrowers import CONTACT, a_late_borrower, a_reserved_borrower, at, day, opened, paid
from tests.contact.desk import open_shop, running_contact
from tests.contact.signing import OLD, signed, written
from tests.contact.test_api import PROFILE
from tests.harness import Databases
from tests.houses import Client

SAID_AT = "2026-11-24T02:00:00Z"
REF = UUID(int=9)
OFFERED = re.compile(r"reply ([A-Z]+)|回复“([^”]+)”")
WITH_MORE = {"DATE", "日期"}
"""Words that ask for something to be added: no whole answer."""

EXACT = {
    "in capitals": ("STOP", "stop"),
    "in small letters, with a full stop": ("stop.", "stop"),
    "loudly": ("  Stop!!! \n", "stop"),
    "in full width": ("ＳＴＯＰ", "stop"),
    "in quotation marks": ("“退订”。", "stop"),
    "in Chinese": ("已还", "already_paid"),
    "help": ("Help", "hardship"),
    "dispute": ("异议！", "dispute"),
    "with more words": ("please stop", "unread"),
    "two words": ("STOP PAID", "unread"),
    "a word that only begins alike": ("stopping", "unread"),
    "a question": ("why?", "unread"),
    "nothing": ("", "unread"),
    "only marks": ("?!…", "unread"),
    "a control": ("\u0000", "unread"),
}


@pytest.mark.parametrize(("text", "meaning"), EXACT.values(), ids=EXACT)
def test_a_reply_means_what_it_says_in_one_of_our_words(text, meaning):
    assert meaning_of(folded(text)) == meaning


def test_every_word_that_a_text_of_ours_offers_is_understood_and_no_other():
    texts = [path.read_text(encoding="utf-8") for path in sorted((CONTACT / "templates").glob("*.txt"))]
    offered = {english or chinese for text in texts for english, chinese in OFFERED.findall(text)}
    assert {folded(word) for word in offered - WITH_MORE} == set(WORDS)


def said(meaning: str, reply_id: str = "R1", attempt_id: str | None = None, channel: str = "email") -> HearReply:
    return HearReply(reply_id, channel, meaning, at("03-05 10:30"), REF, attempt_id)


HELD = {
    "stop": ("stop", "channel", ("email",), "stopped", False),
    "hardship": ("hardship", "loans", ("L1",), "hold", False),
    "dispute": ("dispute", "loans", ("L1",), "dispute", False),
    "already paid": ("payment_claimed", "loans", ("L1",), "hold", False),
    "unread": ("review", "everything", (), "hold", True),
}


@pytest.mark.parametrize(("kind", "reach", "names", "reason", "waits"), HELD.values(), ids=HELD)
def test_a_reply_withdraws_what_was_about_to_be_sent(kind, reach, names, reason, waits, request):
    told = a_reserved_borrower()
    meaning = {"already paid": "already_paid"}.get(request.node.callspec.id, request.node.callspec.id)
    told.hears(opened("L2"), said(meaning, attempt_id=told.borrower.step.reservation.attempt_id))
    placed = told.the(HoldPlaced)
    assert (placed.kind, placed.awaits_confirmation, placed.because) == (kind, waits, "R1")
    [hold] = told.borrower.holds
    assert (hold.reach, hold.names) == (reach, names)
    assert told.the(ContactCancelled).reason == reason


def test_a_reply_heard_twice_is_one_hold_and_one_word():
    told = a_late_borrower().hears(said("dispute"))
    assert told.hears(said("dispute")).said == []
    assert [one.outcome for one in told.borrower.contacts if one.inbound] == ["received"]


def test_a_stop_by_reply_leaves_other_channels_and_ends_with_a_consent_to_this_one():
    told = a_late_borrower().hears(said("stop"))
    assert told.the(ContactPlanned).channel == "sms"
    told.hears(ConsentGiven("G1", "channel", Scope("channel", channel="email"), at("03-05 10:40")))
    assert told.the(HoldEnded).kind == "stop"


def test_a_dispute_by_reply_gives_way_to_the_case_that_a_person_opens_of_it():
    told = a_late_borrower().hears(said("dispute"), DisputeRaised("D1", ("L1",), "amount", day("03-05")))
    assert [hold.awaits_confirmation for hold in told.borrower.holds] == [None]
    assert told.hears(DisputeResolved("D1", ("L1",), "rejected", day("03-06"))).the(ContactPlanned)


def test_money_ends_what_a_reply_claimed_was_paid():
    told = a_late_borrower().hears(said("already_paid"), paid("03-05", "40.00"))
    assert told.the(HoldEnded).kind == "payment_claimed"


@pytest.fixture
async def contact(databases: Databases, tmp_path: Path) -> AsyncIterator[Client]:
    file = tmp_path / "sandbox.secrets"
    file.write_text(f"{written(OLD)}\n")
    async with running_contact(databases, tmp_path, webhook_secrets={"sandbox": file}) as client:
        yield client


async def hand_on(contact: Client, webhook_id: str = "W1", **data: Any):
    raw = json.dumps({"type": "message.received", "timestamp": SAID_AT, "data": data}).encode()
    headers = signed(raw, webhook_id) | {"Authorization": ""}
    return await contact.http.post("/v1/webhooks/sandbox", content=raw, headers=headers)


async def holds_of(contact: Client, customer: str = "C1") -> list[str]:
    return [hold["kind"] for hold in (await contact.get("/v1/holds", customer_id=customer))["items"]]


@pytest.mark.postgres
async def test_a_reply_is_held_before_it_is_answered_and_only_once(contact):
    assert (await contact.put("/v1/customers/C1/profile", PROFILE)).status_code == 200
    number = PROFILE["channels"][0]["address"]
    for _ in range(2):
        answer = await hand_on(contact, **{"from": number, "text": "退订。"})
        assert (answer.status_code, answer.json()) == (202, {"outcome": "held"}), answer.text
    assert await holds_of(contact) == ["stop"]
    contradicted = await hand_on(contact, **{"from": number, "text": "PAID"})
    assert (contradicted.status_code, contradicted.json()["code"]) == (409, "contradiction")
    [hold] = (await contact.get("/v1/holds"))["items"]
    assert (await contact.http.delete(f"/v1/holds/{hold['hold_id']}")).status_code == 200
    assert (await hand_on(contact, **{"from": number, "text": "退订。"})).status_code == 202
    assert await holds_of(contact) == [], "a repeat does not undo what a person released"


@pytest.mark.postgres
async def test_a_reply_to_a_message_is_known_by_its_reference(contact, databases, tmp_path):
    async with open_shop(databases, tmp_path, contact.database) as shop:
        row = await shop.attempt(await shop.reserve())
    answer = await hand_on(contact, reference=row["reference"], text="DISPUTE")
    assert answer.json() == {"outcome": "held"}
    assert await holds_of(contact, row["key"]) == ["dispute"]


@pytest.mark.postgres
async def test_everybody_who_may_have_written_it_is_held(contact):
    for customer in ("C1", "C2"):
        assert (await contact.put(f"/v1/customers/{customer}/profile", PROFILE)).status_code == 200
    await hand_on(contact, **{"from": PROFILE["channels"][0]["address"], "text": "who are you"})
    assert (await holds_of(contact), await holds_of(contact, "C2")) == (["review"], ["review"])


@pytest.mark.postgres
async def test_the_words_are_sealed_and_shown_only_to_who_says_why(contact, caplog):
    await contact.put("/v1/customers/C1/profile", PROFILE)
    words = "SECRETMARK is in hospital"
    await hand_on(contact, **{"from": PROFILE["channels"][0]["address"], "text": words})
    [listed] = (await contact.get("/v1/replies"))["items"]
    assert (listed["customer_id"], listed["meaning"]) == ("C1", "unread")
    tables = [row[0] for row in await contact.sql("select tablename from pg_tables where schemaname = 'public'")]
    for table in tables:
        rows = await contact.sql(f"select convert_to(({table})::text, 'UTF8') from {table}")
        assert not any(
            b"SECRETMARK" in bytes(row[0]) or b"SECRETMARK".hex().encode() in bytes(row[0]) for row in rows
        ), table
    assert "SECRETMARK" not in caplog.text
    url = f"/v1/replies/{listed['reply_id']}/reveal"
    revealed = (await contact.post(url, {"reason": "it waits for a person"})).json()
    assert (revealed["customer_id"], revealed["text"]) == ("C1", words)
    assert await contact.sql("select key, reason, fields from reveals") == [("C1", "it waits for a person", ["reply"])]


@pytest.mark.postgres
async def test_a_reply_from_nobody_we_know_is_answered_and_kept_by_nobody(contact):
    answer = await hand_on(contact, **{"from": "+8613999999999", "text": "STOP"})
    assert (answer.status_code, answer.json()) == (202, {"outcome": "unknown-sender"})
    assert await contact.sql("select count(*) from reply_texts") == [(0,)]


BAD = {
    "from nobody": ({"text": "STOP"}, "bad-value", "/data"),
    "without words": ({"from": "+8613900000000"}, "missing-field", "/data/text"),
    "words that are none": ({"from": "+8613900000000", "text": ["SECRETMARK"]}, "wrong-type", "/data/text"),
}


@pytest.mark.postgres
async def test_a_reply_that_is_none_is_refused_without_an_echo(contact):
    for name, (data, code, pointer) in BAD.items():
        answer = await hand_on(contact, f"W-{len(name)}", **data)
        assert (answer.status_code, answer.json()["code"]) == (422, code), (name, answer.text)
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert "SECRETMARK" not in answer.text
    unsigned = await contact.http.post("/v1/webhooks/sandbox", content=b"{}", headers={"Authorization": ""})
    assert unsigned.status_code == 401
