"""E-mail over encrypted connections, to a real server that asks who we are: what fails before a mail is no mystery."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from deploy.local.ports import free_port
from services.contact.app import build_gateways
from services.contact.gateways import Accepted, Login, Outgoing, Rejected, SmtpGateway
from services.contact.gateways.smtp import BadCertificates
from services.contact.settings import Settings
from tests.contact.desk import settle_down
from tests.contact.providers import LOOPBACK, Mailbox, mute_server, running_mailbox

# The server is told to ask for no second layer of encryption under the one that is there from the first byte.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

MAIL = Outgoing("F-1", "email", "borrower@example.com", "About your payment", "Dear Li Si")
USER, PASSWORD = "forbear", "correct horse"
MODES = ("tls", "starttls")


def write_certificate(folder: Path, name: str = "server", address: str = LOOPBACK) -> tuple[Path, Path]:
    """A certificate that vouches for itself at *address*, and its key."""
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )  # fmt: skip
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return public, private


@dataclass
class Guarded:
    """A mail server behind encryption and a login."""

    mailbox: Mailbox
    security: str
    ca_file: Path
    password_file: Path
    logins: list[bool] = field(default_factory=list)

    def gateway(self, **changed) -> SmtpGateway:
        made = {
            "security": self.security, "ca_file": self.ca_file, "login": Login(USER, self.password_file),
        } | changed  # fmt: skip
        return SmtpGateway(LOOPBACK, self.mailbox.port, "a@lender.example", 5.0, **made)

    def authenticate(self, _server, _session, _envelope, _mechanism, data) -> AuthResult:
        known = LoginPassword(USER.encode(), PASSWORD.encode())
        self.logins.append(data == known)
        return AuthResult(success=data == known)


@asynccontextmanager
async def guarded(security: str, folder: Path, address: str = LOOPBACK) -> AsyncIterator[Guarded]:
    certificate, key = write_certificate(folder, address=address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    (folder / "password").write_text(f"{PASSWORD}\n")
    server = Guarded(Mailbox(free_port()), security, certificate, folder / "password")
    implicit = security == "tls"

    def session() -> SMTP:
        upgrade = {"auth_require_tls": False} if implicit else {"tls_context": context, "require_starttls": True}
        return SMTP(server.mailbox, auth_required=True, authenticator=server.authenticate, **upgrade)

    listening = await asyncio.get_running_loop().create_server(
        session, LOOPBACK, server.mailbox.port, ssl=context if implicit else None
    )
    try:
        yield server
    finally:
        listening.close()


@pytest.mark.parametrize("security", MODES)
async def test_a_mail_is_handed_over_encrypted_after_a_login(tmp_path, security):
    async with guarded(security, tmp_path) as server:
        assert isinstance(await server.gateway().send(MAIL), Accepted)
    assert (len(server.mailbox.mails), server.logins) == (1, [True])


@pytest.mark.parametrize("security", MODES)
async def test_a_wrong_password_is_a_failure_before_anything_was_handed_over(tmp_path, security):
    async with guarded(security, tmp_path) as server:
        server.password_file.write_text("wrong")
        assert await server.gateway().send(MAIL) == Rejected("not-connected")
        assert (server.mailbox.mails, server.logins[0]) == ([], False)
        server.password_file.write_text(PASSWORD)
        assert isinstance(await server.gateway().send(MAIL), Accepted)


@pytest.mark.parametrize("security", MODES)
async def test_a_certificate_that_nobody_vouches_for_is_not_spoken_to(tmp_path, security):
    other, _ = write_certificate(tmp_path, "other")
    async with guarded(security, tmp_path) as server:
        for ca_file in (other, None):
            assert await server.gateway(ca_file=ca_file).send(MAIL) == Rejected("not-connected")
    assert (server.mailbox.mails, server.logins) == ([], [])


@pytest.mark.parametrize("security", MODES)
async def test_a_certificate_of_another_host_is_not_spoken_to(tmp_path, security):
    async with guarded(security, tmp_path, "127.0.0.2") as server:
        assert await server.gateway().send(MAIL) == Rejected("not-connected")
    assert server.logins == []


@pytest.mark.parametrize("security", MODES)
async def test_who_does_not_log_in_where_a_login_is_asked_for_hands_nothing_over(tmp_path, security):
    async with guarded(security, tmp_path) as server:
        assert isinstance(await server.gateway(login=None).send(MAIL), Rejected)
    assert server.mailbox.mails == []


@pytest.mark.parametrize("security", MODES)
async def test_a_server_without_encryption_is_told_no_password(tmp_path, security):
    (tmp_path / "password").write_text(PASSWORD)
    with running_mailbox() as mailbox:
        server = Guarded(mailbox, security, write_certificate(tmp_path)[0], tmp_path / "password")
        assert await server.gateway().send(MAIL) == Rejected("not-connected")
    assert mailbox.mails == []


@pytest.mark.parametrize("security", MODES)
async def test_a_server_that_never_greets_was_given_nothing(tmp_path, security):
    (tmp_path / "password").write_text(PASSWORD)
    async with mute_server() as port:
        server = Guarded(Mailbox(port), security, write_certificate(tmp_path)[0], tmp_path / "password")
        gateway = server.gateway()
        gateway._timeout = 0.3
        assert await gateway.send(MAIL) == Rejected("not-connected")


async def test_a_password_that_cannot_be_read_is_a_failure_before_anything_was_handed_over(tmp_path):
    async with guarded("tls", tmp_path) as server:
        login = Login(USER, tmp_path / "gone")
        assert await server.gateway(login=login).send(MAIL) == Rejected("not-connected")
    assert server.mailbox.mails == []


def test_certificates_that_cannot_be_read_stop_the_start(tmp_path):
    (tmp_path / "empty.pem").write_text("")
    for file in (tmp_path / "none.pem", tmp_path / "empty.pem"):
        with pytest.raises(BadCertificates):
            SmtpGateway("mail.example", 465, "a@lender.example", security="tls", ca_file=file)


def settings(folder: Path, **more) -> Settings:
    known = {"database_url": "postgresql+asyncpg://", "jwks_file": folder, "jurisdiction": "CN"}
    return Settings(**known, master_key_file=folder, smtp_host="mail.example", **more)


BAD_SETTINGS = {
    "a password in the clear": {"smtp_username": USER, "smtp_password_file": "password"},
    "a name without a password": {"smtp_username": USER, "smtp_security": "tls"},
    "a password without a name": {"smtp_password_file": "password", "smtp_security": "tls"},
    "encryption if it happens to be there": {"smtp_security": "opportunistic"},
}


@pytest.mark.parametrize("bad", BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_a_login_that_would_not_be_guarded_stops_the_start(tmp_path, bad):
    with pytest.raises(ValidationError):
        settings(tmp_path, **bad)


def test_the_settings_make_the_gateway(tmp_path):
    login = {"smtp_username": USER, "smtp_password_file": tmp_path / "password"}
    made = build_gateways(settings(tmp_path, smtp_security="starttls", **login))["smtp"]
    assert (made._security, made._login) == ("starttls", Login(USER, tmp_path / "password"))


@pytest.mark.postgres
async def test_after_a_wrong_password_another_attempt_may_be_made(shop, tmp_path):
    async with guarded("tls", tmp_path) as server:
        server.password_file.write_text("wrong")
        sender = shop.sender({"smtp": server.gateway()})
        first = await shop.reserve("email", "smtp", key="C1", contact_id="K-same")
        await settle_down(sender, rounds=1)
        row = await shop.attempt(first)
        assert (row["state"], row["reason"]) == ("rejected", "not-connected")
        server.password_file.write_text(PASSWORD)
        second = await shop.reserve("email", "smtp", key="C1", contact_id="K-same")
        await settle_down(sender, rounds=1)
        assert (await shop.attempt(second))["state"] == "accepted"
    assert len(server.mailbox.mails) == 1
