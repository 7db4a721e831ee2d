"""Ingest's HTTP door: facts in, positions out."""
