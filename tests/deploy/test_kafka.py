"""The broker keeps what it needs in its own folder."""

import pytest

from tests.shared.topics import send_batch

LZ4 = 3


@pytest.mark.kafka
async def test_the_libraries_that_a_broker_unpacks_lie_in_its_own_folder(kafka, topics):
    topic = (await topics.fresh(1))["collections.repayments.v1"]
    await send_batch(kafka.bootstrap, topic, (b"k", b"v" * 1000, []), codec=LZ4)
    assert [path.name for path in (kafka.folder / "tmp").glob("liblz4-java-*.so")]


@pytest.mark.kafka
def test_what_a_killed_broker_left_unpacked_is_gone_when_it_is_prepared_again(tmp_path, kafka):
    broker = type(kafka)(tmp_path / "kafka", kafka.port, kafka.controller_port)
    broker.prepare()
    left = tmp_path / "kafka" / "tmp" / "liblz4-java-1.so"
    left.touch()
    broker.prepare()
    assert not left.exists()
    assert left.parent.is_dir()
