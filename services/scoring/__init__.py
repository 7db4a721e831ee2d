"""Scoring owns the predictions: how likely, and why; features, bucket rates, models and assessments.

Owns: features, bucket rates, models, assessments.
Hears: collections.repayments.v1, collections.contacts.v1, collections.feedback.v1.
Says: collections.risk.v1.
"""

OWNS = ("features", "bucket rates", "models", "assessments")
HEARS = ("ingest", "contact", "feedback")
"""In the order of the stored numbers: append to it, never reorder."""
SAYS = "collections.risk.v1"
