"""The ground that integration tests stand on."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.deploy.small_system import is_running, wait_for
from tests.harness import until

ANNOUNCEMENT_BYTES_MAX = 512 * 1024


async def make_a_table(database):
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute("create table told (word text)")
    await owner.execute(f'grant insert, select on told to "{database.app_role}"')
    await owner.close()


async def count(database, statement="select count(*) from told"):
    connection = await asyncpg.connect(database.app_dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.mark.postgres
async def test_two_tests_get_the_same_tables_and_never_each_other_s_rows(databases):
    first, second = [await databases.fresh("stand_in", make_a_table) for _ in range(2)]
    await count(first, "with word as (insert into told values ('yes') returning 1) select count(*) from word")
    assert (await count(first), await count(second)) == (1, 0)


@pytest.mark.postgres
async def test_a_house_cannot_enter_its_neighbour_s_database_nor_a_common_one(databases):
    mine, theirs = await databases.fresh("stand_in", make_a_table), await databases.fresh("neighbour", make_a_table)
    for closed in (theirs.name, "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(databases.server.url(closed, mine.app_role, driver=""))


@pytest.mark.postgres
async def test_a_house_s_app_role_makes_no_tables_and_reads_none_it_was_not_given(databases):
    database = await databases.fresh("stand_in", make_a_table)
    for forbidden in ("create table mine ()", "create temporary table mine ()", "drop table told", "delete from told"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await count(database, forbidden)


@pytest.mark.postgres
async def test_what_was_committed_is_on_the_disk_before_the_answer(databases):
    database = await databases.fresh("stand_in", make_a_table)
    in_force = {
        name: await count(database, f"show {name}") for name in ("fsync", "synchronous_commit", "data_checksums")
    }
    assert in_force == {"fsync": "on", "synchronous_commit": "on", "data_checksums": "on"}


@pytest.mark.postgres
async def test_a_wrong_password_is_refused(databases):
    database = await databases.fresh("stand_in", make_a_table)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(database.app_dsn, password="guess")


@pytest.mark.kafka
async def test_the_largest_announcement_passes_through_topics_nobody_else_uses(topics):
    names = await topics.fresh()
    other = await topics.fresh()
    topic = names["collections.risk.v1"]
    assert set(names.values()).isdisjoint(other.values())
    producer = AIOKafkaProducer(bootstrap_servers=topics.server.bootstrap, acks="all", max_request_size=2**20)
    await producer.start()
    await producer.send_and_wait(topic, b"x" * ANNOUNCEMENT_BYTES_MAX, key=b"C-1")
    assert len(await producer.partitions_for(topic)) == 4
    await producer.stop()
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=topics.server.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    assert len((await consumer.getone()).value) == ANNOUNCEMENT_BYTES_MAX
    await consumer.stop()


@pytest.mark.kafka
async def test_topics_keep_everything_and_the_broker_makes_none_by_itself(topics):
    name = (await topics.fresh())["collections.risk.v1"]
    admin = AIOKafkaAdminClient(bootstrap_servers=topics.server.bootstrap)
    await admin.start()
    resources = [ConfigResource(ConfigResourceType.TOPIC, name), ConfigResource(ConfigResourceType.BROKER, "1")]
    answers = await admin.describe_configs(resources)
    await admin.close()
    in_force = {
        name: value for answer in answers for _, _, _, _, entries in answer.resources for name, value, *_ in entries
    }
    expected = {
        "retention.ms": "-1",
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": "4",
        "broker.session.timeout.ms": "2000",
    }
    assert {name: in_force[name] for name in expected} == expected


@pytest.mark.kafka
async def test_a_killed_broker_comes_back_with_what_it_held(topics):
    server, topic = topics.server, (await topics.fresh())["collections.risk.v1"]
    producer = AIOKafkaProducer(bootstrap_servers=server.bootstrap, acks="all")
    await producer.start()
    sent = await producer.send_and_wait(topic, b"held", partition=0)
    await producer.stop()
    server.stop(immediate=True)
    assert server.pid is None
    server.spawn()
    await until(server.is_ready)
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=server.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    assert (await consumer.getone()).offset == sent.offset
    await consumer.stop()


@pytest.mark.postgres
async def test_a_postgres_that_lost_its_power_comes_back_with_what_it_held(databases):
    database = await databases.fresh("stand_in", make_a_table)
    await count(database, "with word as (insert into told values ('yes') returning 1) select count(*) from word")
    databases.server.stop(immediate=True)
    databases.server.spawn()
    await until(databases.server.is_ready)
    assert await count(database) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_session_that_is_broken_off_leaves_no_server(end):
    program = "from tests.harness import *; import time\n"
    program += "with running_postgres() as server: print(server.pid, server.folder, flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as session:
        pid, folder = session.stdout.readline().decode().split()
        session.send_signal(end)
    wait_for(lambda: not is_running(int(pid)))
    shutil.rmtree(Path(folder).parent, ignore_errors=True)
