"""Records that the library cannot read, because a header's name is no text: set aside like any other poison."""

import json

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given
from hypothesis import strategies as st

from shared.announcements import to_headers
from shared.consumer.raw import records_of
from shared.database.tables import dead_letters
from tests.shared.pair import a_pair
from tests.shared.street import eventually, publish_all, rows_of, running, state_of, told
from tests.shared.topics import NoText, batch_of, sealed, send_batch

PARTITION = TopicPartition("topic", 3)
PLAIN, LZ4 = 0, 3
POISON = (b"nobody", b"{}" * 100, [("fine", b"1"), (NoText("\xff\xfe"), b"2")])


def needs_a_broker(test):
    return pytest.mark.postgres(pytest.mark.kafka(test))


def as_sent(said, *more) -> tuple:
    return said.key.encode(), said.data, [*to_headers("ingest", said), *more]


async def has_counted(house, key: str, count: int) -> bool:
    return (await state_of(house, key)).count == count


@needs_a_broker
@pytest.mark.parametrize("codec", [PLAIN, LZ4], ids=["as it is", "compressed"])
async def test_a_header_whose_name_is_no_text_deafens_nobody(databases, topics, codec):
    async with a_pair(databases, topics, partitions=2) as pair:
        one, two, three = await told(pair.first, "A", "1.00", "2.00", "4.00")
        (other,) = await told(pair.first, "B", "8.00")
        await send_batch(
            pair.bootstrap, pair.topic, as_sent(one), POISON, as_sent(two), POISON, as_sent(three), codec=codec
        )
        await pair.send(as_sent(other), partition=1)
        async with running(pair.consumer()):
            await eventually(lambda: has_counted(pair.second, "A", 3))
            await eventually(lambda: has_counted(pair.second, "B", 1))
            (later,) = (await told(pair.first, "C", "16.00"))[-1:]
            await pair.send(as_sent(later))
            await eventually(lambda: has_counted(pair.second, "C", 1))
        letters = sorted(await rows_of(pair.second, dead_letters), key=lambda row: row.offset)
        assert [(letter.offset, letter.key, letter.value) for letter in letters] == [(1, *POISON[:2]), (3, *POISON[:2])]
        assert json.loads(letters[0].headers) == [["fine", b"1".hex()], ["\\xff\\xfe", b"2".hex()]]


@needs_a_broker
async def test_what_was_taken_with_the_unreadable_is_committed_and_comes_no_more(databases, topics):
    async with a_pair(databases, topics, partitions=1) as pair:
        await send_batch(pair.bootstrap, pair.topic, *[POISON] * 3)
        async with running(pair.consumer()):
            await eventually(lambda: has_letters(pair.second, 3))
        await told(pair.first, "A", "1.00")
        await publish_all(pair.first, pair.publisher())
        async with running(pair.consumer()):
            await eventually(lambda: has_counted(pair.second, "A", 1))
        assert len(await rows_of(pair.second, dead_letters)) == 3


async def has_letters(house, count: int) -> bool:
    return len(await rows_of(house, dead_letters)) == count


@needs_a_broker
async def test_an_announcement_with_such_a_header_beside_its_own_is_heard(databases, topics):
    async with a_pair(databases, topics, partitions=1) as pair:
        (said,) = await told(pair.first, "A", "1.00")
        await send_batch(pair.bootstrap, pair.topic, as_sent(said, (NoText("\xff"), b"1")))
        async with running(pair.consumer()):
            await eventually(lambda: has_counted(pair.second, "A", 1))


@needs_a_broker
async def test_more_than_one_batch_of_them_is_taken_in_bites(databases, topics):
    async with a_pair(databases, topics, partitions=1) as pair:
        (said,) = await told(pair.first, "A", "1.00")
        await send_batch(pair.bootstrap, pair.topic, *[POISON] * 1100, as_sent(said))
        async with running(pair.consumer()):
            await eventually(lambda: has_counted(pair.second, "A", 1))
        assert await has_letters(pair.second, 1100)


contents = st.none() | st.binary(max_size=300)
raws = st.tuples(contents, contents, st.lists(st.tuples(st.text(max_size=5), contents), max_size=4))


@given(st.lists(raws, min_size=1, max_size=20), st.sampled_from([PLAIN, 1, 2, LZ4, 4]))
def test_what_the_library_can_read_is_read_the_same(sent, codec):
    raw = batch_of(sent, codec)
    theirs = [(one.offset, one.key, one.value, tuple(one.headers)) for one in DefaultRecordBatch(raw)]
    ours = [(one.offset, one.key, one.value, one.headers) for one in records_of(PARTITION, raw)]
    assert ours == theirs


def test_a_record_knows_where_it_stood_and_how_long_it_is():
    (record,) = records_of(PARTITION, batch_of([(None, b"four", [])]))
    assert (record.topic, record.partition, record.offset) == ("topic", 3, 0)
    assert (record.serialized_key_size, record.serialized_value_size) == (-1, 4)


def test_a_batch_that_is_none_is_one_record_without_a_key():
    raw = bytearray(batch_of([(b"k", b"v", [])]))
    raw[-1] = 200  # it now promises more headers than there are bytes
    (record,) = records_of(PARTITION, sealed(raw))
    assert (record.offset, record.key, record.value) == (0, None, bytes(raw))


def test_a_batch_with_a_broken_checksum_is_not_read():
    raw = bytearray(batch_of([(b"k", b"v", [])]))
    raw[-2] ^= 1
    with pytest.raises(CorruptRecordException):
        records_of(PARTITION, bytes(raw))
