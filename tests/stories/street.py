"""The whole street for a story: real processes, a portfolio replayed, its ledgers compared with the facts."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg

from deploy.local.databases import HOUSES, database_of
from deploy.local.lifecycle import down, empty, up_afresh
from deploy.local.ports import free_port
from deploy.local.postgres import PostgresServer
from deploy.local.profile import RUN, Profile
from deploy.local.replay.answers import Answers
from deploy.local.replay.portfolio import Portfolio
from deploy.local.replay.runner import Run
from deploy.local.replay.street import Street
from deploy.local.tokens import make_token
from deploy.local.verification import verify_houses
from tests.harness import open_folder
from tests.stories.handed import assert_handed_over_once, records_in


@contextmanager
def whole_street(portfolio: Portfolio, *, broker: bool) -> Iterator[Profile]:
    """Everything running, on ports of its own, its clock where *portfolio* starts; gone afterwards."""
    with open_folder() as folder:
        profile = Profile(
            name="story",
            folder=folder / "story",
            ports={name: free_port() for name in RUN.ports},
            keys=folder / "keys",
            clock_start=portfolio.instant_of(portfolio.start_on).isoformat(),
            jurisdiction=portfolio.jurisdiction,
            business_zone=portfolio.zone,
            broker=broker,
        )
        try:
            up_afresh(profile)
            yield profile
        finally:
            down(profile)
            empty(profile)


@asynccontextmanager
async def replaying(profile: Profile, portfolio: Portfolio) -> AsyncIterator[Run]:
    """A run of *portfolio* that has not begun."""
    async with Street(profile.ports, make_token(profile.keys), HOUSES) as street:
        yield Run(portfolio, street, Answers(street, portfolio.zone))


@asynccontextmanager
async def ledger_of(profile: Profile, house: str, *, backup: bool = False) -> AsyncIterator[asyncpg.Connection]:
    """A look into the database of *house*, or a copy that a drill made of it, as its administrator."""
    server = PostgresServer(profile.folder / "postgres", profile.ports["postgres"])
    name = database_of(house) + ("_backup" if backup else "")
    connection = await asyncpg.connect(server.admin_url(name, driver=""))
    try:
        yield connection
    finally:
        await connection.close()


async def assert_nothing_lost_or_doubled(profile: Profile, portfolio: Portfolio, run: Run) -> None:
    """Every fact is in the ledger, numbers have no gaps, whoever hears has heard all, no step went out twice."""
    async with ledger_of(profile, "ingest") as ingest:
        ids = {row["id"] for row in await ingest.fetch("select id from facts where awaiting is null")}
        assert ids >= {event["id"] for _, event in portfolio.facts}
    said: dict[str, int] = {}
    for house in HOUSES:
        async with ledger_of(profile, house) as ledger:
            broken = await ledger.fetch(
                "select key from announcements group by key having count(*) <> max(number) or min(number) <> 1"
            )
            assert broken == []
            parked = await ledger.fetch("select key, source, type, reason from parked limit 5")
            assert [dict(row) for row in parked] == []
            assert await ledger.fetchval("select count(*) from dead_letters") == 0
            said[house] = await ledger.fetchval("select count(*) from announcements")
    standing = dict(zip(run.street.houses, await run.street.quiet(), strict=True))
    for house, state in standing.items():
        assert state["said"] == said[house]
        assert {source: said[source] for source in state["heard"] if source in said} == {
            source: count for source, count in state["heard"].items() if source in said
        }
    await _assert_each_step_once(profile)
    await assert_history_holds(profile)


async def assert_history_holds(profile: Profile) -> None:
    """Every decision of every house, taken again, says the same; every state is what its history makes of it."""
    summary = await asyncio.to_thread(verify_houses, profile)
    assert [one for report in summary["houses"].values() for one in report["mismatches"]] == []
    assert all(report["decisions"] for report in summary["houses"].values())


async def _assert_each_step_once(profile: Profile) -> None:
    """By what the gateway and the mailbox themselves wrote down."""
    async with ledger_of(profile, "contact") as contact:
        attempts = [dict(row) for row in await contact.fetch("select * from attempts")]
    assert_handed_over_once(attempts, records_in(profile.folder))
