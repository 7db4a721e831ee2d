"""Whatever comes on a topic: set aside, and everybody else goes on."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from shared.announcements import Announcement, source_uri, to_headers
from shared.database.tables import dead_letters, parked
from shared.fold import House
from shared.fold.poison import FAILING_SUBJECTS_MAX
from shared.ids import chained_id
from shared.relay import Relay
from tests.shared.pair import a_pair
from tests.shared.street import (
    eventually,
    publish_all,
    rows_of,
    running,
    state_of,
    told,
)
from tests.shared.toy import Purse

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]


async def _counts(house: House[Purse], key: str, count: int) -> bool:
    return (await state_of(house, key)).count == count


async def _has(found) -> bool:
    return bool(found)


def forged(key: str, number: int, data: bytes, type_: str = "PaymentReceived", **changed: bytes) -> tuple:
    """A message with a genuine envelope around any data; `changed` replaces headers (None: a null header)."""
    said = Announcement(key, number, None, None, type_, _AT, "{}", None, None, None, data)  # type: ignore[arg-type]
    said = replace(said, event_id=chained_id("ingest", key, number, None, type_, _AT, "{}", data))
    headers = dict(to_headers("ingest", said))
    headers |= {f"ce_{name}" if name != "traceparent" else name: value for name, value in changed.items()}
    return key.encode(), data, list(headers.items())


_AT = datetime(2025, 1, 1, tzinfo=UTC)

PARKED = {
    "random bytes under a readable envelope": (
        (b"K", os.urandom(64), forged("K", 1, b"{}")[2]),
        "id-does-not-match-content",
    ),
    "a broken schema": (forged("K", 1, b'{"amount": 1}'), "PaymentReceived"),
    "no JSON": (forged("K", 1, b"\xff\xfe"), "PaymentReceived"),
    "nested too deep": (forged("K", 1, b"[" * 100_000), "PaymentReceived"),
    "oversized": (forged("K", 1, b'"' + b"x" * 1_500_000 + b'"'), "PaymentReceived"),
    "a tombstone": ((b"K", None, forged("K", 1, b"{}")[2]), "envelope-disagrees-with-message"),
    "an id that is none": (forged("K", 1, b"{}", id=b"nobody"), "envelope-incomplete-or-malformed"),
    "a time before all calendars": (
        forged("K", 1, b"{}", time=b"0001-01-01T00:00:00+23:59"),
        "envelope-incomplete-or-malformed",
    ),
    "a header that is not text": (forged("K", 1, b"{}", basis=b"\xff"), "header-not-utf-8"),
    "a null header": (forged("K", 1, b"{}", basis=None), "envelope-incomplete-or-malformed"),
    "another house's name": (forged("K", 1, b"{}", source=source_uri("contact").encode()), "foreign-source"),
}

DEAD = {
    "no key": (None, b"{}", forged("K", 1, b"{}")[2]),
    "a key that is not text": (b"\xff", b"{}", forged("K", 1, b"{}")[2]),
    "a key with U+0000": (b"a\x00b", b"{}", forged("K", 1, b"{}")[2]),
    "a key without end": (b"k" * 5000, b"{}", forged("K", 1, b"{}")[2]),
    "no headers": (b"K", os.urandom(64), []),
    "a number that is none": forged("K", 1, b"{}", sequence=b"one"),
    "number zero": forged("K", 1, b"{}", sequence=b"0"),
    "a number without end": forged("K", 1, b"{}", sequence=b"9" * 40),
    "a null number": forged("K", 1, b"{}", sequence=None),
}


async def test_poison_is_set_aside_and_everybody_else_goes_on(databases, topics):
    async with a_pair(databases, topics, partitions=1) as pair:
        for place, (message, _) in enumerate(PARKED.values()):
            await pair.send(renamed(message, f"P{place}"))
        await pair.send(*DEAD.values())
        await told(pair.first, "A", "1.00")
        await publish_all(pair.first, pair.publisher())
        async with running(pair.consumer()):
            await eventually(lambda: _counts(pair.second, "A", 1))
        reasons = {row.key: row.reason for row in await rows_of(pair.second, parked)}
        for place, (name, (_, reason)) in enumerate(PARKED.items()):
            assert reasons[f"P{place}"].startswith(reason), name
        letters = sorted(await rows_of(pair.second, dead_letters), key=lambda row: row.offset)
        assert [(letter.key, letter.value) for letter in letters] == [message[:2] for message in DEAD.values()]
        assert [_headers_in(letter.headers) for letter in letters] == [message[2] for message in DEAD.values()]
        assert [letter.value_bytes for letter in letters] == [len(message[1]) for message in DEAD.values()]


async def test_a_letter_that_comes_again_is_known_and_another_at_its_place_is_kept_beside_it(databases, topics):
    """Offsets not committed bring the same letters back; a topic made anew brings others under the same offsets."""
    async with a_pair(databases, topics, partitions=1) as pair:
        consumer = pair.consumer()
        for values in ((b"1", b"2"), (b"1", b"2"), (b"1", b"other"), (b"1", None)):
            await consumer.hear_records({TopicPartition(pair.topic, 0): records(pair.topic, *values)})
        letters = await rows_of(pair.second, dead_letters)
        assert sorted((letter.offset, letter.value) for letter in letters if letter.value) == [
            (0, b"1"),
            (1, b"2"),
            (1, b"other"),
        ]
        assert [letter.value_bytes for letter in letters if letter.value is None] == [0]


def records(topic: str, *values: bytes | None) -> list[ConsumerRecord]:
    """Messages without a key, from offset 0 on."""
    return [
        ConsumerRecord(topic, 0, offset, 0, 0, None, value, None, -1, len(value or b""), ())
        for offset, value in enumerate(values)
    ]


def _headers_in(kept: bytes) -> list[tuple[str, bytes | None]]:
    return [(name, None if content is None else bytes.fromhex(content)) for name, content in json.loads(kept)]


def renamed(message: tuple, key: str) -> tuple:
    """The same poison about another subject, its id made genuine again where it was genuine before."""
    _, value, headers = message
    given = dict(headers)
    if value is not None and given.get("ce_id") == dict(forged("K", 1, value)[2])["ce_id"]:
        given["ce_id"] = dict(forged(key, 1, value)[2])["ce_id"]
    return key.encode(), value, list({**given, "ce_subject": key.encode()}.items())


async def test_a_trace_that_no_database_holds_costs_its_own_subject_only(databases, topics):
    async with a_pair(databases, topics, partitions=1) as pair:
        (said,) = await told(pair.first, "NUL", "1.00")
        headers = [*to_headers("ingest", said), ("traceparent", b"a\x00b")]
        await pair.send((b"NUL", said.data, headers))
        await told(pair.first, "A", "1.00")
        async with running(pair.consumer(), Relay(pair.first, pair.publisher())):
            await eventually(lambda: _counts(pair.second, "A", 1))
        assert [row.key for row in await rows_of(pair.second, parked)] == ["NUL"]


async def test_too_much_poison_stops_its_partition_instead_of_parking_everything(databases, topics):
    async with a_pair(databases, topics, partitions=2) as pair:
        for start in range(0, 1500, 500):
            await pair.send(*(forged(f"P{number}", 1, b"{}") for number in range(start, start + 500)), partition=0)
        healthy = await told(pair.first, "A", "1.00", "2.00")
        consumer = pair.consumer()
        async with running(consumer):
            await eventually(lambda: _has(consumer.stopped))
            for said in healthy:
                await pair.send((b"A", said.data, to_headers("ingest", said)), partition=1)
            await eventually(lambda: _counts(pair.second, "A", 2))
            assert {partition.partition for partition in consumer.stopped} == {0}
        assert FAILING_SUBJECTS_MAX < len(await rows_of(pair.second, parked)) <= FAILING_SUBJECTS_MAX + 500
