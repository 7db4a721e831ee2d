"""Scoring's HTTP door: stated facts in, assessments and features with their reasons out."""
