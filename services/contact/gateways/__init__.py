"""Outbound calls to strangers who carry messages: what each can do, and what it may answer."""

from services.contact.gateways.bucket import Bucket
from services.contact.gateways.gateway import Accepted, Capabilities, Gateway, Outgoing, Rejected, Result, Unclear
from services.contact.gateways.sandbox import SandboxGateway
from services.contact.gateways.smtp import Login, SmtpGateway

__all__ = [
    "Accepted",
    "Bucket",
    "Capabilities",
    "Gateway",
    "Login",
    "Outgoing",
    "Rejected",
    "Result",
    "SandboxGateway",
    "SmtpGateway",
    "Unclear",
]
