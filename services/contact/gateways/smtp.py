"""E-mail over SMTP: a message is taken over when its data were answered with 250, and not a moment earlier.

Source: RFC 5321 sec. 4.1.1.4 and 6.1: responsibility passes with the answer to the end of the mail data.
"""

from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Final

import aiosmtplib

from services.contact.gateways.gateway import Accepted, Capabilities, Outgoing, Rejected, Result, Unclear

NOT_CONNECTED: Final = (aiosmtplib.SMTPConnectError, ConnectionRefusedError, OSError)
CONNECT_SECONDS_MAX: Final = 3.0
MAILBOX_CODES: Final = frozenset({550, 551, 553})
REPLIES_LEAST, REPLIES_MOST = 400, 599


class SmtpGateway:
    """Hands mail to one server; a connection per message."""

    name = "smtp"

    def __init__(self, host: str, port: int, sender: str, timeout_seconds: float = 10.0) -> None:
        self.capabilities = Capabilities(frozenset({"email"}), looks_up=False, timeout_seconds=timeout_seconds)
        self._host, self._port, self._sender, self._timeout = host, port, sender, timeout_seconds

    async def send(self, message: Outgoing) -> Result:
        """Hand one mail over."""
        try:
            mail = self._mail(message)
        except (ValueError, UnicodeError):
            return Rejected("address-invalid")
        client = aiosmtplib.SMTP(hostname=self._host, port=self._port, timeout=self._timeout, start_tls=None)
        try:
            await client.connect(timeout=min(CONNECT_SECONDS_MAX, self._timeout))
        except NOT_CONNECTED:
            return Rejected("not-connected")
        except aiosmtplib.SMTPException:
            return Rejected("provider-error")
        try:
            return await self._introduce(client, message.to) or await self._hand_over(client, mail)
        finally:
            client.close()

    async def look_up(self, reference: str) -> Accepted | None:  # noqa: ARG002  SMTP keeps no record to ask
        """SMTP cannot be asked."""
        return None

    async def close(self) -> None:
        """Nothing is kept open."""

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
