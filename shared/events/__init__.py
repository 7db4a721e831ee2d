"""The published language: every event that travels between the houses, and the bases of commands and wakes."""

from shared.events.base import Command, Event, Fact, Unheeded, Unreadable, Wake

__all__ = ["Command", "Event", "Fact", "Unheeded", "Unreadable", "Wake"]
