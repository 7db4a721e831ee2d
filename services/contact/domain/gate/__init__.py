"""The gate: whether, when and how a borrower may be contacted, judged by packs of rules that are data."""
