"""Where local e-mail ends up, to be looked at: `python -m deploy.local.inbox <file> <smtp port> <page port>`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, Query, Response
from fastapi.responses import HTMLResponse

from deploy.local.ledger import Ledger

LOOPBACK = "127.0.0.1"
MAIL_BYTES_MAX = 1024 * 1024
LIST_LIMIT = 1000
PAGE_MAILS = 100
# The page shows strangers' text: nothing in it may run, load or be framed.
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Inbox</title>
<style>body{{font:16px/1.5 system-ui;max-width:48rem;margin:2rem auto}}pre{{white-space:pre-wrap}}</style>
<h1>Inbox</h1><p>{count} of the latest mails, newest first. <a href="/mails">JSON</a></p>{mails}</html>"""
MAIL = "<article><h2>{subject}</h2><p>{at}<br>from {sender}<br>to {recipients}</p><pre>{text}</pre></article>"


class Postman:
    """Takes mail from any sender to any recipient, and keeps it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        """Answer 250 only when the mail is on the disk."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        mail = read_mail(content, envelope.mail_from or "", list(envelope.rcpt_tos))
        await asyncio.to_thread(self._ledger.append, mail)
        return "250 OK"


def read_mail(content: bytes, sender: str, recipients: list[str]) -> dict[str, Any]:
    """What there is to see in one mail; the envelope counts, not the headers."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return {
        "recipient": recipients[0] if recipients else "",
        "recipients": recipients,
        "sender": sender,
        "message_id": str(message.get("message-id", "")).strip(),
        "subject": str(message.get("subject", "")),
        "text": text_of(message),
        "at": datetime.now(UTC).isoformat(),
    }


def text_of(message: EmailMessage) -> str:
    """The readable part, plain before HTML; bytes that are no text show as replacement marks."""
    part = message.get_body(("plain", "html"))
    payload = part.get_payload(decode=True) if part else b""
    assert isinstance(payload, bytes)
    return payload.decode((part.get_content_charset() if part else None) or "utf-8", errors="replace")


def show(mails: list[dict[str, Any]]) -> str:
    """The page of *mails*, every word of them escaped."""
    shown = [MAIL.format(**{key: escape(_flat(value)) for key, value in mail.items()}) for mail in mails]
    return PAGE.format(count=len(shown), mails="".join(shown))


def create_app(file: Path, smtp_port: int) -> FastAPI:
    """The page, and the SMTP server that lives as long as it does."""
    ledger = Ledger(file, index="recipient")

    @asynccontextmanager
    async def receive(_app: FastAPI) -> AsyncIterator[None]:
        server = await asyncio.get_running_loop().create_server(lambda: _smtp(ledger), LOOPBACK, smtp_port)
        async with server:
            yield
        ledger.close()

    app = FastAPI(title="Inbox", docs_url=None, redoc_url=None, lifespan=receive)

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/mails")
    async def list_mails(
        recipient: Annotated[str | None, Query(max_length=320)] = None,
        limit: Annotated[int, Query(ge=1, le=LIST_LIMIT)] = 100,
    ) -> list[dict[str, Any]]:
        return [{"id": number, **mail} for number, mail in await asyncio.to_thread(ledger.find, recipient, limit)]

    @app.get("/")
    async def page() -> Response:
        found = await asyncio.to_thread(ledger.find, None, PAGE_MAILS)
        return HTMLResponse(
            show([mail for _, mail in reversed(found)]), headers={"Content-Security-Policy": PAGE_POLICY}
        )

    return app


def _smtp(ledger: Ledger) -> SMTP:
    return SMTP(Postman(ledger), data_size_limit=MAIL_BYTES_MAX, enable_SMTPUTF8=True, hostname="localhost")


def _flat(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


if __name__ == "__main__":
    uvicorn.run(create_app(Path(sys.argv[1]), int(sys.argv[2])), host=LOOPBACK, port=int(sys.argv[3]), access_log=False)
