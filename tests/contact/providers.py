"""Real providers for tests: the sandbox and the inbox on ports of their own, and servers that misbehave on purpose."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.ports import free_port
from deploy.local.sandbox import create_app

LOOPBACK = "127.0.0.1"


@contextmanager
def served(app: Any, port: int) -> Iterator[str]:
    """*app* on a real port, in a thread of its own: a provider whose loop is not ours."""
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        url = f"http://{LOOPBACK}:{port}"
        wait_for(url)
        yield url
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)


def wait_for(url: str) -> None:
    for _ in range(200):
        try:
            httpx.get(f"{url}/readyz", trust_env=False)
            return
        except httpx.TransportError:
            threading.Event().wait(0.02)
    raise AssertionError("the provider did not start")


@dataclass
class Sandbox:
    """The sandbox, as a test sees it from outside."""

    url: str

    async def faults(self, **faults: Any) -> None:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            (await client.put("/faults", json=faults)).raise_for_status()

    async def recorded(self, reference: str | None = None) -> list[dict[str, Any]]:
        params = {"limit": 1000} | ({"reference": reference} if reference else {})
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            found: list[dict[str, Any]] = (await client.get("/messages", params=params)).json()
        return found


@contextmanager
def running_sandbox(folder: Path) -> Iterator[Sandbox]:
    port, app = free_port(), create_app(folder / "sandbox.jsonl")
    with closing(app.state.ledger), served(app, port) as url:  # ended by force, which skips the application's own end
        yield Sandbox(url)


@dataclass
class Mailbox:
    """A mail server that can be told to misbehave: after it has taken the mail, or before."""

    port: int
    mails: list[Envelope] = field(default_factory=list)
    delay_seconds: float = 0.0
    fail_after_accept: bool = False
    drop_reply: bool = False
    refuse_recipients: bool = False

    async def handle_RCPT(  # noqa: N802  aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuse_recipients:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        self.mails.append(envelope)
        await asyncio.sleep(self.delay_seconds)
        if self.drop_reply and server.transport is not None:
            server.transport.abort()
        return "554 failed after all" if self.fail_after_accept else "250 OK"


@contextmanager
def running_mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox(free_port())
    controller = Controller(mailbox, hostname=LOOPBACK, port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@asynccontextmanager
async def mute_server() -> AsyncIterator[int]:
    """Listens, takes whatever is written, and never says a word."""

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            pass
        writer.close()

    server = await asyncio.start_server(hear, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
