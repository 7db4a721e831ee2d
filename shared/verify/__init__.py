"""Verifying: a house's history taken again from its journal and announcements, and compared with what it keeps."""

from shared.verify.report import Mismatch, Report
from shared.verify.rulebooks import Rulebook, find_rulebook, keep_rulebook
from shared.verify.running import VERIFY, run_verification, verify
from shared.verify.verification import Rebuild, Verification, by_name

__all__ = [
    "VERIFY",
    "Mismatch",
    "Rebuild",
    "Report",
    "Rulebook",
    "Verification",
    "by_name",
    "find_rulebook",
    "keep_rulebook",
    "run_verification",
    "verify",
]
