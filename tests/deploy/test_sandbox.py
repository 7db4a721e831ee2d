"""The provider that records instead of sending, in its own process and with its faults."""

import asyncio
import signal
import sys
from pathlib import Path

import httpx
import pytest

from deploy.local.plan import is_http_ready
from deploy.local.ports import free_port
from deploy.local.processes import Process, Program
from deploy.local.sandbox import create_app

MESSAGE = {"reference": "A-1", "to": "+8613800000000", "channel": "sms", "body": "您好"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("sandbox"), free_port()
    argv = (sys.executable, "-m", "deploy.local.sandbox", str(folder / "messages.jsonl"), str(port))
    process = Process(Program("sandbox", argv, port, is_ready=lambda: is_http_ready(port)), folder / "log")
    process.spawn()
    process.wait_ready(20)
    yield process
    process.stop()


@pytest.fixture
async def client(sandbox):
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{sandbox.program.port}") as client:
        yield client
        await client.put("/faults", json={})


def message(reference, wrong=None):
    return {**MESSAGE, "reference": reference, **(wrong or {})}


def write_half_a_line(path):
    with path.open("ab") as file:
        file.write(b'{"reference":"A-7","to":"+86')


async def recorded(client, reference):
    return (await client.get("/messages", params={"reference": reference})).json()


async def test_a_message_is_accepted_and_can_be_looked_up_by_our_reference(client):
    answer = await client.post("/messages", json=message("A-1"))
    [found] = await recorded(client, "A-1")
    assert answer.status_code == 202
    assert found["id"] == answer.json()["id"]
    assert {name: found[name] for name in MESSAGE} == MESSAGE


async def test_a_reference_nobody_used_has_no_messages(client):
    assert await recorded(client, "A-0") == []


async def test_a_message_handed_over_twice_is_recorded_twice_to_be_seen(client):
    for _ in range(2):
        await client.post("/messages", json=message("A-2"))
    assert len({found["id"] for found in await recorded(client, "A-2")}) == 2


async def test_a_failure_after_acceptance_has_accepted(client):
    await client.put("/faults", json={"fail_after_accept": True})
    assert (await client.post("/messages", json=message("A-3"))).status_code == 500
    assert len(await recorded(client, "A-3")) == 1


@pytest.mark.parametrize("fault", [{"drop_reply": True}, {"delay_ms": 5_000}], ids=["no answer", "a late answer"])
async def test_a_caller_who_gave_up_waiting_was_accepted_all_the_same(client, fault):
    reference = f"A-4-{next(iter(fault))}"
    await client.put("/faults", json=fault)
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/messages", json=message(reference), timeout=0.5)
    assert len(await recorded(client, reference)) == 1


async def test_faults_end_when_they_are_put_back(client):
    await client.put("/faults", json={"fail_after_accept": True})
    await client.put("/faults", json={})
    assert (await client.post("/messages", json=message("A-5"))).status_code == 202


async def test_what_was_accepted_survives_a_kill_and_a_line_cut_short(client, sandbox):
    await client.post("/messages", json=message("A-6"))
    sandbox.kill()
    assert sandbox.exit_status == -signal.SIGKILL
    write_half_a_line(Path(sandbox.program.argv[3]))
    sandbox.spawn()
    sandbox.wait_ready(20)
    await client.post("/messages", json=message("A-8"))
    assert [len(await recorded(client, reference)) for reference in ("A-6", "A-7", "A-8")] == [1, 0, 1]


@pytest.mark.parametrize(
    "wrong",
    [{"reference": ""}, {"body": "x" * (64 * 1024 + 1)}, {"to": None}, {"surprise": 1}],
    ids=["no reference", "a body too long", "nobody", "an unknown field"],
)
async def test_what_is_no_message_is_refused_and_not_recorded(client, wrong):
    assert (await client.post("/messages", json=message("A-9", wrong))).status_code == 422
    assert await recorded(client, "A-9") == []


async def test_the_record_is_given_back_when_the_sandbox_ends(tmp_path):
    app = create_app(tmp_path / "messages.jsonl")
    async with app.router.lifespan_context(app):
        await asyncio.to_thread(app.state.ledger.append, message("A-1"))
    with pytest.raises(ValueError, match="closed file"):
        app.state.ledger.find("A-1", 1)
