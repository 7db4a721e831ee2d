"""E-mail over SMTP: a message is taken over when its data were answered with 250, and not a moment earlier.

Source: RFC 5321 sec. 4.1.1.4 and 6.1: responsibility passes with the answer to the end of the mail data.
"""

import asyncio
import logging
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Final, Literal, TypeAlias

import aiosmtplib

from services.contact.gateways.gateway import Accepted, Capabilities, Outgoing, Rejected, Result, Unclear

Security: TypeAlias = Literal["none", "starttls", "tls"]

BEFORE_DATA_SECONDS_MAX: Final = 5.0
BEFORE_DATA_SHARE_MAX: Final = 0.8
"""Of the time for a call: what fails or hangs before the mail's data has handed nothing over, and is told as that."""
MAILBOX_CODES: Final = frozenset({550, 551, 553})
REPLIES_LEAST, REPLIES_MOST = 400, 599


log = logging.getLogger("forbear.smtp")


class BadCertificates(RuntimeError):
    """The file of certificates to trust cannot be read: the house does not start."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are to the mail server; the password is read for every connection, so that it can be changed."""

    username: str
    password_file: Path


class SmtpGateway:
    """Hands mail to one server; a connection per message.

    *security*: `tls` from the first byte, `starttls` before anything else, or `none`; encryption is never optional, and
    the server's certificate is always checked, against *ca_file* or else the system's. Raises: BadCertificates.
    """

    name = "smtp"

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        timeout_seconds: float = 10.0,
        *,
        security: Security = "none",
        login: Login | None = None,
        ca_file: Path | None = None,
        rate_per_second: float = 50.0,
    ) -> None:
        assert login is None or security != "none", "a password never travels in the clear"
        self.capabilities = Capabilities(
            frozenset({"email"}), looks_up=False, timeout_seconds=timeout_seconds, rate_per_second=rate_per_second
        )
        self._host, self._port, self._sender, self._timeout = host, port, sender, timeout_seconds
        self._security, self._login = security, login
        self._tls = None if security == "none" else _trusting(ca_file)

    async def send(self, message: Outgoing) -> Result:
        """Hand one mail over."""
        try:
            mail = self._mail(message)
        except (ValueError, UnicodeError):
            return Rejected("address-invalid")
        client = self._client()
        try:
            return await self._approach(client, message.to) or await self._hand_over(client, mail)
        finally:
            client.close()

    async def look_up(self, reference: str) -> Accepted | None:  # noqa: ARG002  SMTP keeps no record to ask
        """SMTP cannot be asked."""
        return None

    async def close(self) -> None:
        """Nothing is kept open."""

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._timeout,
            use_tls=self._security == "tls",
            start_tls=self._security == "starttls",
            tls_context=self._tls,
        )

    async def _approach(self, client: aiosmtplib.SMTP, to: str) -> Rejected | None:
        """All that comes before the mail's data, in good time."""
        try:
            async with asyncio.timeout(min(BEFORE_DATA_SECONDS_MAX, self._timeout * BEFORE_DATA_SHARE_MAX)):
                return await self._enter(client) or await self._introduce(client, to)
        except TimeoutError:
            return Rejected("not-connected")

    async def _enter(self, client: aiosmtplib.SMTP) -> Rejected | None:
        """Come as far as to be let in, over a connection that is what it should be."""
        try:
            await client.connect()
            if self._login is not None:
                password = await asyncio.to_thread(self._login.password_file.read_text)
                await client.login(self._login.username, password.strip())
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            log.error("the mail server cannot be used", extra={"error": type(error).__name__})
            return Rejected("not-connected")
        return None

    async def _introduce(self, client: aiosmtplib.SMTP, to: str) -> Rejected | None:
        """From whom and to whom; until the data, whatever fails has handed nothing over."""
        try:
            await client.mail(self._sender)
            await client.rcpt(to)
        except aiosmtplib.SMTPResponseException as refused:
            return Rejected("address-invalid" if refused.code in MAILBOX_CODES else "rejected")
        except (aiosmtplib.SMTPException, OSError, UnicodeError):
            return Rejected("provider-error")
        return None

    async def _hand_over(self, client: aiosmtplib.SMTP, mail: bytes) -> Result:
        try:
            answer = await client.data(mail)
        except aiosmtplib.SMTPResponseException as refused:
            is_answer = REPLIES_LEAST <= refused.code <= REPLIES_MOST  # aiosmtplib says -1 of what it cannot read
            return Rejected("rejected") if is_answer else Unclear("unreadable-answer")
        except aiosmtplib.SMTPTimeoutError:
            return Unclear("timeout")
        except (aiosmtplib.SMTPException, OSError):
            return Unclear("connection-lost")
        return Accepted() if answer.code == 250 else Unclear("unreadable-answer")

    def _mail(self, message: Outgoing) -> bytes:
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["From"], mail["To"], mail["Subject"] = self._sender, message.to, message.subject
        mail["Message-ID"] = f"<{message.reference}@{self._sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer
        mail.set_content(message.body, cte="base64")
        return mail.as_bytes()


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise BadCertificates("the file of certificates to trust cannot be read") from error
