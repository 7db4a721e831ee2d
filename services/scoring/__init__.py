"""Scoring.

owns: how likely, and why: ability, willingness, roll, cure, expected cash; bucket rates and models
hears: collections.repayments.v1, collections.contacts.v1, collections.feedback.v1
says: collections.risk.v1
"""
