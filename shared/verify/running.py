"""A whole house verified, page by page; and the command that does so and says what it found."""

import asyncio
import json
import sys
from typing import Any, Final

from shared.database import is_weather
from shared.verify.chains import check_chain
from shared.verify.reading import Page, pages
from shared.verify.replay import Replay
from shared.verify.report import Report
from shared.verify.verification import Verification

VERIFY: Final = "verify"
"""The word after the name of a house's module that asks for this instead of serving."""


async def verify(verification: Verification[Any]) -> Report:
    """Take every subject's history again; reads only, also while the house is at work. Raises: PeerUnreachable."""
    report = Report(verification.house.name)
    async for page in pages(verification):
        _verify_page(verification, page, report)
    return report


def run_verification(verification: Verification[Any]) -> int:
    """The exit code of the command: 0, 1 on a mismatch, 2 when a database or a source did not answer.

    The last line it prints is the report as JSON.
    """
    try:
        report = asyncio.run(_verify_and_close(verification))
    except Exception as error:
        if not is_weather(error):
            raise
        sys.stderr.write(f"{verification.house.name}: nothing was compared to its end: {error}\n")
        return 2
    sys.stdout.write(json.dumps(report.as_json()) + "\n")
    return 0 if report.is_well else 1


async def _verify_and_close(verification: Verification[Any]) -> Report:
    try:
        return await verify(verification)
    finally:
        for source in verification.sources.values():
            await source.close()
        await verification.house.database.close()


def _verify_page(verification: Verification[Any], page: Page, report: Report) -> None:
    for kept in page.subjects:
        replay = Replay(verification, kept, page.rules)
        report.note(check_chain(verification.house.name, kept))
        report.note(replay.run())
        report.subjects += 1
        report.entries += len(kept.entries)
        report.announcements += len(kept.said)
        report.decisions += replay.decisions
