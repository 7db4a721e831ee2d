"""The restore drill: contact's database from a while ago, its kill switch on; forks are seen, and contact recovers."""

import asyncio
import json
import time
from collections import Counter

import httpx
import pytest

from deploy.local.databases import HOUSES
from deploy.local.profile import Profile
from deploy.local.replay.generated import generated
from deploy.local.replay.runner import Run
from deploy.local.replay.street import Street
from deploy.local.tokens import make_token
from deploy.local.verification import verify_houses
from services.feedback import consumers as feedback
from services.scoring import consumers as scoring
from tests.faults.restoring import back_up, restore
from tests.stories.handed import records_in
from tests.stories.street import ledger_of, replaying, whole_street

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

PORTFOLIO = generated(seed=5, borrowers=60, months=3)
SWITCHED_OFF = (
    "insert into switches (scope, value, reason, principal, at) values ('global', '', 'restored', 'operator', now())"
)
RECOVERY_SECONDS_MAX = 60
HEARERS = ("scoring", "feedback")
PLACES = (scoring.HEARS.index("contact"), feedback.HEARS.index("contact"))
WHY = {"reason": "source-corrected"}


@pytest.mark.timeout(1500)
async def test_contact_restored_from_a_while_ago_says_what_follows_anew_and_sends_nothing():
    days = list(PORTFOLIO.days())
    middle, end = len(days) // 2, len(days) * 3 // 4
    with whole_street(PORTFOLIO, broker=True) as profile:
        async with replaying(profile, PORTFOLIO) as run:
            await replay_days(run, days[:middle])
            before = await said_by_contact(profile)
            await back_up(profile, "contact")
            await replay_days(run, days[middle:end])
            handed = records_in(profile.folder)
            assert await said_by_contact(profile) > before, "something is lost by going back"
            await restore(profile, "contact", [SWITCHED_OFF])
            await run.street.set_clocks(PORTFOLIO.instant_of(days[end - 1][0]))
            took = await heard_out(run.street, profile)
            await replay_some(run.street, profile, days[end:], PORTFOLIO)
            forks = await forks_seen(profile)
            settled = await take_up_the_new_story(profile)
            await assert_contact_is_whole(profile)
            assert records_in(profile.folder) == handed, "nothing is handed over while the switch is on"
    told = {"restored": "contact", "heard_again_s": round(took, 2), "forks": forks, "settled": settled}
    print(json.dumps(told), flush=True)  # noqa: T201  the figures of the drill
    assert sum(forks.values()) > 0
    assert took <= RECOVERY_SECONDS_MAX


async def replay_days(run: Run, days: list) -> None:
    for day, facts in days:
        await run.step(run.portfolio.instant_of(day), facts)


async def replay_some(street: Street, profile: Profile, days: list, portfolio) -> None:
    """The bank goes on while the street is not at peace: whoever hears contact may hold a story it no longer tells."""
    for day, facts in days:
        await street.set_clocks(portfolio.instant_of(day))
        await street.report(facts)
        await street.close_days(day)
        await heard_out(street, profile)


async def heard_out(street: Street, profile: Profile) -> float:
    """Seconds until contact has heard all that its sources said, with nothing left to say."""
    began = time.monotonic()
    while True:
        assert time.monotonic() < began + 3 * RECOVERY_SECONDS_MAX, await street.get("contact", "/v1/quiet")
        standing = await street.get("contact", "/v1/quiet")
        said = {source: (await street.get(source, "/v1/quiet"))["said"] for source in standing["heard"]}
        if standing["heard"] == said and standing["unpublished"] == standing["sending"] == standing["due"] == 0:
            return time.monotonic() - began
        await asyncio.sleep(0.2)


async def said_by_contact(profile: Profile) -> int:
    async with ledger_of(profile, "contact") as ledger:
        return await ledger.fetchval("select count(*) from announcements")


async def forks_seen(profile: Profile) -> dict[str, int]:
    """How many borrowers each hearer has parked because contact tells another story than it heard."""
    found = {}
    for house in HEARERS:
        async with ledger_of(profile, house) as ledger:
            rows = await ledger.fetch("select reason from parked where source = 'contact'")
            assert {row["reason"] for row in rows} <= {"fork"}
            found[house] = len(rows)
    return found


async def take_up_the_new_story(profile: Profile) -> dict[str, int]:
    """As an operator: discard each fork at each hearer, until all hold what contact says now; how many there were."""
    settled: Counter[str] = Counter()
    headers = {"Authorization": f"Bearer {make_token(profile.keys)}"}
    deadline = time.monotonic() + 4 * RECOVERY_SECONDS_MAX
    async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
        while behind := await holding_the_old_story(profile):
            assert time.monotonic() < deadline, behind
            for house in HEARERS:
                url = f"http://127.0.0.1:{profile.ports[house]}/v1/parked"
                for item in (await client.get(url)).raise_for_status().json()["items"]:
                    answer = await client.post(f"{url}/{item['id']}/discard", json=WHY)
                    settled[house] += answer.status_code == httpx.codes.OK
            await asyncio.sleep(0.3)
    return dict(settled)


async def holding_the_old_story(profile: Profile) -> list[tuple[str, str]]:
    """Who has not heard contact's last word about whom, among those of whom it spoke since it is back."""
    async with ledger_of(profile, "contact") as contact, ledger_of(profile, "contact", backup=True) as backup:
        before = {row["key"]: row["said"] for row in await backup.fetch("select key, said from subjects")}
        spoken = {row["key"]: row for row in await contact.fetch("select key, said, last_id from subjects")}
    anew = {key: row["last_id"] for key, row in spoken.items() if row["said"] > before.get(key, 0)}
    behind = []
    for house, place in zip(HEARERS, PLACES, strict=True):
        async with ledger_of(profile, house) as ledger:
            rows = await ledger.fetch("select key, heard_ids from subjects")
        heard = {row["key"]: row["heard_ids"][place] for row in rows}
        behind += [(house, key) for key, id_ in anew.items() if heard.get(key) != id_]
    return behind


async def assert_contact_is_whole(profile: Profile) -> None:
    """Contact's numbers have no gaps, and every decision in its history, taken again, says the same."""
    async with ledger_of(profile, "contact") as ledger:
        broken = "select key from announcements group by key having count(*) <> max(number) or min(number) <> 1"
        assert await ledger.fetch(broken) == []
    reports = (await asyncio.to_thread(verify_houses, profile))["houses"]
    assert reports.keys() == set(HOUSES)
    assert [reports[house]["mismatches"] for house in ("ingest", "contact")] == [[], []]
