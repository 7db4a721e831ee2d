"""Scoring. Owns: how likely, and why: features, bucket rates, models and assessments.
Hears: collections.repayments.v1, collections.feedback.v1, collections.contacts.v1. Says: collections.risk.v1.
"""
