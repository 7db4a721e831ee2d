"""Local e-mail, sent by real SMTP and looked at."""

import smtplib
from email.message import EmailMessage

import httpx
import psutil
import pytest

from deploy.local.inbox import create_app
from deploy.local.ports import free_port

ATTACK = "<script>alert(1)</script>"


@pytest.fixture
async def inbox(tmp_path):
    port = free_port()
    app = create_app(tmp_path / "mails.jsonl", port)
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://in") as client:
        client.smtp_port = port
        yield client


async def send(inbox, subject, text, to="li@example.com", html=None, message_id=None):
    import asyncio

    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "desk@example.com", to
    if message_id:
        mail["Message-ID"] = message_id
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")

    def hand_over():
        with smtplib.SMTP("127.0.0.1", inbox.smtp_port) as smtp:
            smtp.send_message(mail)

    await asyncio.to_thread(hand_over)


async def test_a_mail_arrives_whole_in_any_script(inbox):
    await send(inbox, "您的账单", "您好，李女士")
    [mail] = (await inbox.get("/mails")).json()
    assert (mail["sender"], mail["recipients"]) == ("desk@example.com", ["li@example.com"])
    assert (mail["subject"], mail["text"].strip()) == ("您的账单", "您好，李女士")


async def test_a_mail_keeps_the_id_that_its_sender_gave_it(inbox):
    await send(inbox, "named", "1", message_id="<4f1c@lender.example>")
    await send(inbox, "nameless", "2")
    assert [mail["message_id"] for mail in (await inbox.get("/mails")).json()] == ["<4f1c@lender.example>", ""]


async def test_the_plain_part_is_shown_before_the_html(inbox):
    await send(inbox, "Two parts", "plain words", html="<p>rich words</p>")
    [mail] = (await inbox.get("/mails")).json()
    assert mail["text"].strip() == "plain words"


async def test_mails_are_found_by_recipient_and_shown_newest_first(inbox):
    await send(inbox, "earlier", "1", to="li@example.com")
    await send(inbox, "later", "2", to="wang@example.com")
    assert [mail["subject"] for mail in (await inbox.get("/mails?recipient=wang@example.com")).json()] == ["later"]
    page = (await inbox.get("/")).text
    assert page.index("later") < page.index("earlier")


async def test_nothing_a_stranger_writes_runs_on_the_page(inbox):
    await send(inbox, ATTACK, f"{ATTACK} {{braces}}")
    page = await inbox.get("/")
    assert ATTACK not in page.text
    assert page.text.count("&lt;script&gt;") == 2
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_a_mail_over_the_limit_is_refused(inbox):
    with pytest.raises(smtplib.SMTPSenderRefused):
        await send(inbox, "long", "x" * (1024 * 1024))
    assert (await inbox.get("/mails")).json() == []


async def test_the_record_is_given_back_when_the_inbox_ends(tmp_path):
    app = create_app(tmp_path / "mails.jsonl", free_port())
    async with app.router.lifespan_context(app):
        assert _is_open(tmp_path / "mails.jsonl")
    assert not _is_open(tmp_path / "mails.jsonl")


def _is_open(path) -> bool:
    return str(path) in {file.path for file in psutil.Process().open_files()}
