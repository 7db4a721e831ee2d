"""Ingest owns the facts: loans, schedules, payments, and what follows from them: what is owed, how late, which stage.

Owns: loans, schedules, payments, delinquency.
Hears: core banking, over HTTP.
Says: collections.repayments.v1.
"""

OWNS = ("loans", "schedules", "payments", "delinquency")
HEARS: tuple[str, ...] = ()
SAYS = "collections.repayments.v1"
