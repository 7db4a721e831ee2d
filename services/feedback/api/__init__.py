"""Feedback's HTTP door: what a borrower says and agrees, each kind of it a file."""
