"""What a gateway makes of a provider's answers: one suite for all adapters, against real servers that misbehave."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

import pytest

from deploy.local.ports import free_port
from services.contact.gateways import Accepted, Gateway, Outgoing, Rejected, SandboxGateway, SmtpGateway, Unclear
from tests.contact.providers import mute_server, running_mailbox, running_sandbox, served

TIMEOUT = 0.6


@dataclass
class Rig:
    """A gateway, its provider, and how to make the provider misbehave."""

    gateway: Gateway
    taken: Callable[[], Awaitable[int]]
    fault: Callable[..., Awaitable[None]]
    at: Callable[[int], Gateway]
    channel: str


@pytest.fixture
async def sandbox_rig(tmp_path) -> AsyncIterator[Rig]:
    with running_sandbox(tmp_path) as sandbox:
        gateway = SandboxGateway(sandbox.url, TIMEOUT)

        async def taken() -> int:
            return len(await sandbox.recorded())

        yield Rig(
            gateway, taken, sandbox.faults, lambda port: SandboxGateway(f"http://127.0.0.1:{port}", TIMEOUT), "sms"
        )
        await gateway.close()


@pytest.fixture
async def smtp_rig() -> AsyncIterator[Rig]:
    with running_mailbox() as mailbox:
        gateway = SmtpGateway("127.0.0.1", mailbox.port, "service@lender.example", TIMEOUT)

        async def taken() -> int:
            return len(mailbox.mails)

        async def fault(**faults: Any) -> None:
            mailbox.delay_seconds = faults.get("delay_ms", 0) / 1000
            mailbox.drop_reply = faults.get("drop_reply", False)

        yield Rig(
            gateway, taken, fault, lambda port: SmtpGateway("127.0.0.1", port, "a@lender.example", TIMEOUT), "email"
        )


@pytest.fixture(params=["sandbox_rig", "smtp_rig"], ids=["sandbox", "smtp"])
def rig(request) -> Rig:
    return request.getfixturevalue(request.param)


def message(rig: Rig, **changed: str) -> Outgoing:
    to = "borrower@example.com" if rig.channel == "email" else "+8613800000000"
    return Outgoing(**{
        "reference": "F-1", "channel": rig.channel, "to": to, "subject": "您的还款", "body": "您好，示例机构提醒您。",
    } | changed)  # fmt: skip


async def test_what_the_provider_took_is_accepted(rig):
    assert isinstance(await rig.gateway.send(message(rig)), Accepted)
    assert await rig.taken() == 1


async def test_a_slow_provider_inside_its_time_is_accepted(rig):
    await rig.fault(delay_ms=200)
    assert isinstance(await rig.gateway.send(message(rig)), Accepted)


async def test_an_answer_that_does_not_come_in_time_is_unclear_though_it_was_taken(rig):
    await rig.fault(delay_ms=2000)
    assert await rig.gateway.send(message(rig)) == Unclear("timeout")
    assert await rig.taken() == 1


async def test_a_reply_dropped_after_acceptance_is_unclear_and_never_a_rejection(rig):
    await rig.fault(drop_reply=True)
    assert isinstance(await rig.gateway.send(message(rig)), Unclear)
    assert await rig.taken() == 1


async def test_a_refused_connection_is_a_rejection_that_may_be_tried_again(rig):
    assert await rig.at(free_port()).send(message(rig)) == Rejected("not-connected")


async def test_looking_up_what_nobody_was_given_proves_nothing(rig):
    assert await rig.gateway.look_up("F-0") is None


async def test_only_who_says_so_can_look_up_and_then_finds_what_was_taken(rig):
    await rig.fault(drop_reply=True)
    await rig.gateway.send(message(rig))
    await rig.fault()
    found = await rig.gateway.look_up("F-1")
    assert (found is not None) == rig.gateway.capabilities.looks_up


@pytest.mark.parametrize("odd", ["a\r\nBcc: x@example.com", "", "\ud800"], ids=["two lines", "nothing", "a half pair"])
async def test_a_gateway_answers_whatever_stands_in_the_address(rig, odd):
    assert isinstance(await rig.gateway.send(message(rig, to=odd)), Accepted | Rejected)


async def test_no_address_smuggles_a_header_into_a_mail():
    with running_mailbox() as mailbox:
        gateway = SmtpGateway("127.0.0.1", mailbox.port, "a@lender.example", TIMEOUT)
        answer = await gateway.send(Outgoing("F-1", "email", "b@example.com\r\nBcc: x@example.com", "s", "b"))
    assert (answer, mailbox.mails) == (Rejected("address-invalid"), [])


async def test_a_failure_answered_after_acceptance_is_unclear_over_http(sandbox_rig):
    await sandbox_rig.fault(fail_after_accept=True)
    assert await sandbox_rig.gateway.send(message(sandbox_rig)) == Unclear("unreadable-answer")
    assert await sandbox_rig.taken() == 1


async def test_what_the_sandbox_refuses_is_rejected_for_good(sandbox_rig):
    assert await sandbox_rig.gateway.send(message(sandbox_rig, body="x" * 70_000)) == Rejected("rejected")


ODD = {
    "nothing": b"",
    "no list": b"{}",
    "an empty list": b"[]",
    "a word": b'["x"]',
    "no id": b"[{}]",
    "two": b"[{},{}]",
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
async def test_an_odd_answer_to_a_look_up_proves_nothing(content):
    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": content})

    with served(answer, port := free_port()):
        gateway = SandboxGateway(f"http://127.0.0.1:{port}", TIMEOUT)
        assert await gateway.look_up("F-1") is None
        await gateway.close()


async def test_a_server_that_takes_the_words_and_never_answers_is_unclear_over_http(sandbox_rig):
    async with mute_server() as port:
        gateway = sandbox_rig.at(port)
        assert await gateway.send(message(sandbox_rig)) == Unclear("timeout")
        await gateway.close()


async def test_a_mail_server_that_never_greets_was_given_nothing(smtp_rig):
    async with mute_server() as port:
        assert await smtp_rig.at(port).send(message(smtp_rig)) == Rejected("not-connected")


async def test_a_mail_refused_after_its_data_did_not_go_out():
    with running_mailbox() as mailbox:
        mailbox.fail_after_accept = True
        gateway = SmtpGateway("127.0.0.1", mailbox.port, "a@lender.example", TIMEOUT)
        answer = await gateway.send(Outgoing("F-1", "email", "b@example.com", "s", "b"))
    assert answer == Rejected("rejected")  # RFC 5321 sec. 4.1.1.4: who answers so takes nothing over


async def test_a_mailbox_that_does_not_exist_is_an_invalid_address():
    with running_mailbox() as mailbox:
        mailbox.refuse_recipients = True
        gateway = SmtpGateway("127.0.0.1", mailbox.port, "a@lender.example", TIMEOUT)
        answer = await gateway.send(Outgoing("F-1", "email", "b@example.com", "s", "b"))
    assert (answer, mailbox.mails) == (Rejected("address-invalid"), [])


async def test_a_mail_carries_our_reference_and_its_words_unharmed():
    with running_mailbox() as mailbox:
        gateway = SmtpGateway("127.0.0.1", mailbox.port, "service@lender.example", 5)
        assert isinstance(
            await gateway.send(Outgoing("F-7", "email", "b@example.com", "您的还款", "您好。\n.\nzwei")), Accepted
        )
        [envelope] = mailbox.mails
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert (mail["Message-ID"], mail["Subject"]) == ("<F-7@lender.example>", "您的还款")
    assert mail.get_content().replace("\r\n", "\n").strip() == "您好。\n.\nzwei"
