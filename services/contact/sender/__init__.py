"""The fourth door: reserved attempts are handed to their providers, once or not at all."""

from services.contact.sender.loop import Sender

__all__ = ["Sender"]
