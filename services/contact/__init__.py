"""Contact decides what to do and when, keeps the gate that nothing bypasses, and hands messages to their providers.

Owns: treatments, plans, the gate, addresses, holds, sending.
Hears: ingest, scoring and feedback.
Says: collections.contacts.v1.
"""

OWNS = ("treatments", "plans", "gate", "addresses", "holds", "sending")
HEARS: tuple[str, ...] = ("ingest", "scoring", "feedback")
SAYS = "collections.contacts.v1"
