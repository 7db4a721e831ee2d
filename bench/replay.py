"""The main job on real records: all car loans through the four services, day by day, as `make run DATA=…` does it."""

import asyncio
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import rmtree
from typing import Final

from bench.summary import Figures
from deploy.local.databases import HOUSES
from deploy.local.lifecycle import down, empty, up_afresh
from deploy.local.ports import free_port
from deploy.local.profile import RUN, Profile
from deploy.local.replay.answers import Answers
from deploy.local.replay.car_loans import NoSuchData, car_loans
from deploy.local.replay.portfolio import Portfolio
from deploy.local.replay.runner import Run
from deploy.local.replay.street import Street
from deploy.local.tokens import make_token

SECONDS_MAX: Final = 1800.0
TELL_EVERY: Final = 10_000
Say = Callable[[str], None]


def measure(say: Say) -> Figures | None:
    """Once, for it takes minutes; None where `DATA` names no records. `LOANS` takes only the first few."""
    limit = os.environ.get("LOANS")
    try:
        portfolio = car_loans(Path(os.environ.get("DATA") or "none"), int(limit) if limit else None)
    except NoSuchData as reason:
        say(f"not run: {reason}")
        return None
    folder = Path(tempfile.mkdtemp(prefix="forbear-bench-"))
    folder.chmod(0o711)  # PostgreSQL's account passes through it
    profile = _profile(folder, portfolio)
    try:
        up_afresh(profile)
        return asyncio.run(_replay(portfolio, profile, say))
    finally:
        down(profile)
        empty(profile)
        rmtree(folder, ignore_errors=True)


def _profile(folder: Path, portfolio: Portfolio) -> Profile:
    """Everything, on ports of its own, its clock where *portfolio* starts."""
    return replace(
        RUN,
        name="bench",
        folder=folder / "bench",
        ports={name: free_port() for name in RUN.ports},
        keys=folder / "keys",
        clock_start=portfolio.instant_of(portfolio.start_on).isoformat(),
        jurisdiction=portfolio.jurisdiction,
        business_zone=portfolio.zone,
    )


async def _replay(portfolio: Portfolio, profile: Profile, say: Say) -> Figures:
    told = 0

    def progress(done: int, total: int, day: date) -> None:
        nonlocal told
        if done - told >= TELL_EVERY or done == total > told:
            told = done
            say(f"{day}: {done:,} of {total:,} facts")

    async with Street(profile.ports, make_token(profile.keys), HOUSES) as street:
        run = Run(portfolio, street, Answers(street, portfolio.zone))
        async with asyncio.timeout(SECONDS_MAX):
            await run.replay(progress)
        standing = await street.quiet()
    parked = sum(state["parked"] for state in standing)
    assert parked == 0, f"{parked} were set aside"
    say(f"{run.steps:,} steps, {sum(state['said'] for state in standing):,} events said")
    return {"facts": sum(run.receipts.values()), "seconds": run.seconds}
