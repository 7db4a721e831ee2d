"""`make run`: everything started afresh under a simulated clock, a portfolio replayed, what happened shown."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.local.databases import HOUSES
from deploy.local.java import kafka_version
from deploy.local.lifecycle import CannotStart, down, status, supervisor_of, up_afresh
from deploy.local.profile import RUN, Profile
from deploy.local.record import Record
from deploy.local.replay.answers import Answers
from deploy.local.replay.car_loans import NoSuchData, car_loans
from deploy.local.replay.generated import generated
from deploy.local.replay.memory import peak_megabytes
from deploy.local.replay.portfolio import Portfolio
from deploy.local.replay.report import print_story, print_summary, summary_of
from deploy.local.replay.runner import Run
from deploy.local.replay.story import story_of
from deploy.local.replay.street import NotQuiet, Street
from deploy.local.tokens import make_token

BORROWERS_MAX, MONTHS_MAX = 200_000, 24
LOANS_MAX, RECORDED_MONTHS_MAX = 10_000, 120


def main() -> int:
    """Read the settings from the environment, run, and stay up until Ctrl-C unless `JSON=1`."""
    console = Console(stderr=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        portfolio = chosen_portfolio()
    except (NoSuchData, ValueError) as reason:
        console.print(str(reason))
        return 1
    return run(portfolio, profile_for(portfolio), console)


def run(portfolio: Portfolio, profile: Profile, console: Console) -> int:
    """Start everything, show the replay of *portfolio*, and stop what was started."""
    try:
        console.print(f"Starting everything for the {portfolio.title} …")
        up_afresh(profile, lambda text: console.print(f"  {text}", highlight=False))
        with stopping(profile, console):
            return show(portfolio, profile, console)
    except CannotStart as reason:
        console.print(str(reason))
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 0


@contextmanager
def stopping(profile: Profile, console: Console) -> Iterator[None]:
    """Take down at the end what runs now, and nothing that somebody has started since."""
    ours = supervisor_of(profile)
    try:
        yield
    finally:
        console.print("Stopping …")
        if supervisor_of(profile) == ours:
            down(profile)


def show(portfolio: Portfolio, profile: Profile, console: Console) -> int:
    """Replay, and print the summary as JSON or stay up."""
    as_json = os.environ.get("JSON") == "1"
    try:
        summary = asyncio.run(replay(portfolio, profile, console, as_json=as_json))
    except (NotQuiet, httpx.HTTPError) as error:
        console.print(f"The replay broke off: {cause_of(error, profile)}", highlight=False)
        return 1
    if as_json:
        print(json.dumps(summary))
    else:
        stay_up(profile, console)
    return 0


def cause_of(error: NotQuiet | httpx.HTTPError, profile: Profile) -> str:
    """What went wrong in which house, and where its log is."""
    if isinstance(error, NotQuiet):
        return f"{error}; see {', '.join(str(profile.log_of(house)) for house in error.houses)}"
    asked = error.request
    house = next((name for name, port in profile.ports.items() if port == asked.url.port), "a stranger")
    done = f"answered {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else "did not answer"
    return f"{house} {done} to {asked.method} {asked.url.path}; see {profile.log_of(house)}"


def chosen_portfolio() -> Portfolio:
    """`DATA=…` real records, of which `LOANS` and `MONTHS` keep the first; otherwise `SEED`, `BORROWERS`, `MONTHS`.

    Raises: NoSuchData, ValueError.
    """
    data = os.environ.get("DATA")
    if data:
        loans, months = _count("LOANS", LOANS_MAX), _count("MONTHS", RECORDED_MONTHS_MAX)
        portfolio = car_loans(Path(data), loans)
        return portfolio.first_months(months) if months else portfolio
    seed = _whole("SEED", os.environ.get("SEED") or "42")
    return generated(seed, _count("BORROWERS", BORROWERS_MAX) or 2000, _count("MONTHS", MONTHS_MAX) or 12)


def _count(name: str, most: int) -> int | None:
    """The setting *name*, 1 to *most*; None where it is not given. Raises: ValueError."""
    text = os.environ.get(name)
    if not text:
        return None
    count = _whole(name, text)
    if not 1 <= count <= most:
        raise ValueError(f"{name} is 1 to {most:,}")
    return count


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} is a whole number") from None


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
    async with Street(profile.ports, make_token(profile.keys), HOUSES) as street:
        run = Run(portfolio, street, Answers(street, portfolio.zone))
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
        ) as bar:
            task = bar.add_task("replaying", total=len(portfolio.facts))

            def progress(done: int, _total: int, day: date) -> None:
                bar.update(task, completed=done, description=f"{day}")

            await run.replay(progress)
        notice = Record(profile.folder).read().notice
        summary = await summary_of(run, kafka_name(notice))
        summary["peak_mib"] = peak_megabytes(status(profile)[0]["processes"])  # type: ignore[arg-type]
        if not as_json:
            print_summary(console, summary, portfolio.notes)
            customer = str(summary["borrower"])
            print_story(console, customer, await story_of(street, customer))
        return summary


def kafka_name(notice: str | None) -> str:
    """What carried the events; *notice* says why there was no broker."""
    return "none" if notice else f"apache {kafka_version()}"


def stay_up(profile: Profile, console: Console) -> None:
    """Say where to look, and wait for Ctrl-C."""
    console.print("\nWhere to look (Ctrl-C stops everything):")
    for house in HOUSES:
        console.print(f"  {house:9} http://127.0.0.1:{profile.ports[house]}/docs", highlight=False)
    console.print(f"  inbox     http://127.0.0.1:{profile.ports['inbox']}", highlight=False)
    console.print("  a token, good for 12 hours, all scopes:", highlight=False)
    print(make_token(profile.keys), flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    sys.exit(main())
