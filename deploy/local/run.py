"""`make run`: everything started afresh under a simulated clock, a portfolio replayed, what happened shown."""

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.local.databases import HOUSES
from deploy.local.lifecycle import CannotStart, down, status, up_afresh
from deploy.local.profile import KEYS, RUN, Profile
from deploy.local.record import Record
from deploy.local.replay.answers import Answers
from deploy.local.replay.car_loans import NoSuchData, car_loans
from deploy.local.replay.generated import generated
from deploy.local.replay.memory import peak_megabytes
from deploy.local.replay.portfolio import Portfolio
from deploy.local.replay.report import print_story, print_summary, summary_of
from deploy.local.replay.runner import Run
from deploy.local.replay.story import story_of
from deploy.local.replay.street import Street
from deploy.local.tokens import make_token

KAFKA = "apache 4.3.1"


def main() -> int:
    """Read the settings from the environment, run, and stay up until Ctrl-C unless `JSON=1`."""
    console = Console(stderr=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        portfolio = chosen_portfolio()
    except (NoSuchData, ValueError) as reason:
        console.print(str(reason))
        return 1
    profile = profile_for(portfolio)
    try:
        console.print(f"Starting everything for the {portfolio.title} …")
        up_afresh(profile, lambda text: console.print(f"  {text}", highlight=False))
        return show(portfolio, profile, console)
    except CannotStart as reason:
        console.print(str(reason))
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 0
    finally:
        console.print("Stopping …")
        down(profile)


def show(portfolio: Portfolio, profile: Profile, console: Console) -> int:
    """Replay, and print the summary as JSON or stay up."""
    as_json = os.environ.get("JSON") == "1"
    summary = asyncio.run(replay(portfolio, profile, console, as_json=as_json))
    if as_json:
        print(json.dumps(summary))
    else:
        stay_up(profile, console)
    return 0


def chosen_portfolio() -> Portfolio:
    """`DATA=…` real records, otherwise `SEED`, `BORROWERS`, `MONTHS`. Raises: NoSuchData, ValueError."""
    data = os.environ.get("DATA")
    if data:
        limit = os.environ.get("LOANS")
        return car_loans(Path(data), int(limit) if limit else None)
    seed, borrowers, months = (int(os.environ.get(name) or usual) for name, usual in SETTINGS)
    if not (1 <= borrowers <= 200_000 and 1 <= months <= 24):
        raise ValueError("BORROWERS is 1 to 200,000, MONTHS 1 to 24")
    return generated(seed, borrowers, months)


SETTINGS = (("SEED", 42), ("BORROWERS", 2000), ("MONTHS", 12))


def profile_for(portfolio: Portfolio) -> Profile:
    """The run profile, its clock standing where the portfolio starts."""
    return replace(
        RUN,
        clock_start=portfolio.instant_of(portfolio.start_on).isoformat(),
        jurisdiction=portfolio.jurisdiction,
        business_zone=portfolio.zone,
        broker=os.environ.get("KAFKA") != "0",
    )


async def replay(portfolio: Portfolio, profile: Profile, console: Console, *, as_json: bool) -> dict[str, object]:
    """Replay *portfolio*, show the end of it, and answer the summary."""
    async with Street(profile.ports, make_token(KEYS), HOUSES) as street:
        run = Run(portfolio, street, Answers(street, portfolio.zone))
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
        ) as bar:
            task = bar.add_task("replaying", total=len(portfolio.facts))

            def progress(done: int, _total: int, day: date) -> None:
                bar.update(task, completed=done, description=f"{day}")

            await run.replay(progress)
        notice = Record(profile.folder).read().notice
        summary = await summary_of(run, "none" if notice else KAFKA)
        summary["peak_mib"] = peak_megabytes(status(profile)[0]["processes"])  # type: ignore[arg-type]
        if not as_json:
            print_summary(console, summary, portfolio.notes)
            customer = str(summary["borrower"])
            print_story(console, customer, await story_of(street, customer))
        return summary


def stay_up(profile: Profile, console: Console) -> None:
    """Say where to look, and wait for Ctrl-C."""
    console.print("\nWhere to look (Ctrl-C stops everything):")
    for house in HOUSES:
        console.print(f"  {house:9} http://127.0.0.1:{profile.ports[house]}/docs", highlight=False)
    console.print(f"  inbox     http://127.0.0.1:{profile.ports['inbox']}", highlight=False)
    console.print("  a token, good for 12 hours, all scopes:", highlight=False)
    print(make_token(KEYS), flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    sys.exit(main())
