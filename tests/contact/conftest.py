"""What tests of sending need: a shop, and real providers that live as long as a file of tests."""

from collections.abc import AsyncIterator

import pytest

from services.contact.gateways import SandboxGateway, SmtpGateway
from tests.contact.desk import Shop, open_shop
from tests.contact.providers import running_mailbox, running_sandbox
from tests.harness import Databases


@pytest.fixture
async def shop(databases: Databases, tmp_path) -> AsyncIterator[Shop]:
    async with open_shop(databases, tmp_path) as shop:
        yield shop


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def mailbox():
    with running_mailbox() as mailbox:
        yield mailbox


@pytest.fixture
async def gateways(sandbox, mailbox):
    made = {
        "sandbox": SandboxGateway(sandbox.url, 1.0),
        "smtp": SmtpGateway("127.0.0.1", mailbox.port, "a@lender.example", 1.0),
    }
    yield made
    await sandbox.faults()
    mailbox.mails.clear()
    mailbox.drop_reply = False
    for gateway in made.values():
        await gateway.close()
