"""Ingest.

owns: the facts: loans, schedules, payments, and what follows from them: what is owed, how late, which stage
hears: core banking, over HTTP
says: collections.repayments.v1
"""
