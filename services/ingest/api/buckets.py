"""Where bucket sets are read, and changed from a day on."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.api.reading import local_date
from services.ingest.domain.buckets import BucketSet, Range, in_force
from services.ingest.domain.rulemaking import Calendar, Proposal, next_version
from services.ingest.schemas import ShownBucketSet, ShownBucketSets, ShownRange, ShownVersion, StatedBuckets
from services.ingest.store.days import business_date
from services.ingest.store.rulebook import SETS_MAX, VERSIONS_MAX, Rules, keep_set, lock_rules, read_rules, wake_for
from shared.auth import Principal, requires
from shared.codec import Unreadable, decode_strict, parse_leniently
from shared.fold import House
from shared.problems import read_body, refused_body
from shared.refusal import Refusal, Refused, refuse

Name = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=64, description="the ETag of the version this change follows")
]
RANGES: Final = [{"min_days": 1, "max_days": 30}, {"min_days": 31, "max_days": 90}, {"min_days": 91, "max_days": None}]
BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        {"type": "object", "required": ["ranges"]},
                        {"type": "array", "items": {"type": "object", "required": ["min_days", "max_days"]}},
                    ]
                },
                "example": {"basis": "past_due_days", "effective_on": "2026-12-01", "ranges": RANGES},
            }
        },
    }
}


def buckets_door(house: House[Any], zone: ZoneInfo) -> APIRouter:
    """`/v1/bucket-sets`."""
    router = APIRouter(tags=["bucket sets"])
    reads = [Depends(requires("policies:read"))]
    Writer = Annotated[Principal, Depends(requires("policies:write"))]  # noqa: N806

    @router.get("/v1/bucket-sets", dependencies=reads)
    async def read_bucket_sets() -> ShownBucketSets:
        """Every bucket set by name: the version in force, and those that take effect later."""
        async with house.database.reading() as connection:
            rules, calendar = await read_rules(connection), await _calendar(house, connection, zone)
        today = calendar.closed or calendar.today
        return ShownBucketSets(
            revision=rules.revision,
            items=[shown(_from_now_on(versions, today), versions) for _, versions in sorted(rules.sets.items())],
        )

    @router.get("/v1/bucket-sets/{name}", dependencies=reads)
    async def read_bucket_set(name: Name, response: Response) -> ShownBucketSet:
        """One bucket set with all its versions; the ETag is what a change must name."""
        async with house.database.reading() as connection:
            versions = (await read_rules(connection)).sets.get(name)
        if versions is None:
            raise refuse("not-found", "no such bucket set is known")
        response.headers["ETag"] = etag_of(versions)
        return shown(versions, versions)

    @router.put("/v1/bucket-sets/{name}", openapi_extra=BODY)
    async def put_bucket_set(
        name: Name, request: Request, response: Response, caller: Writer, if_match: IfMatch = None
    ) -> ShownBucketSet:
        """State a bucket set, as an object or as its ranges alone; a repeat changes nothing.

        A new set holds for all days. A change needs If-Match, and holds from `effective_on` on: the next day to be
        closed, or later. Whoever is past due is graded anew on that day, by the ordinary ageing.
        """
        proposed = read_proposal(name, await read_body(request))
        async with house.database.begin() as connection:
            rules, calendar = await lock_rules(connection), await _calendar(house, connection, zone)
            versions = rules.sets.get(name, ())
            made = next_version(proposed, versions, calendar, expected_in(if_match, versions))
            if isinstance(made, Refusal):
                raise Refused(made)
            if made not in versions:
                _refuse_too_many(rules, versions)
                now = await house.clock.read(connection)
                await keep_set(connection, made, caller.name, now)
                versions = [*versions, made]
        async with house.database.begin() as connection:
            await wake_for(connection, versions[-1].effective_on)
        house.stirred.set()
        response.headers["ETag"] = etag_of(versions)
        return shown(versions, versions)

    return router


def read_proposal(name: str, body: bytes) -> Proposal:
    """The bucket set that *body* states; an array is read, and pointed into, as the ranges of one. Raises: Refused."""
    sent = parse_leniently(body)
    try:
        stated = decode_strict(StatedBuckets, {"ranges": sent} if isinstance(sent, list) else body)
    except Unreadable as error:
        raise refused_body(error) from None
    ranges = [Range(one.min_days, one.max_days, one.name) for one in stated.ranges]
    return Proposal(name, ranges, stated.basis, stated.effective_on)


def expected_in(if_match: str | None, versions: Sequence[BucketSet]) -> int | None:
    """The version that the caller has seen; 0 for one that never was, None without a word about it."""
    if if_match is None:
        return None
    if if_match.strip() == "*":
        return versions[-1].version if versions else 0
    named = {tag.strip() for tag in if_match.split(",")}
    return next((one.version for one in reversed(versions) if _tag(one) in named), 0)


def etag_of(versions: Sequence[BucketSet]) -> str:
    """What names the last of *versions*."""
    return _tag(versions[-1])


def _tag(one: BucketSet) -> str:
    return f'"{one.version}"'


async def _calendar(house: House[Any], connection: AsyncConnection, zone: ZoneInfo) -> Calendar:
    now = await house.clock.read(connection)
    return Calendar(await business_date(connection), local_date(now, zone))


def _from_now_on(versions: Sequence[BucketSet], today: date) -> Sequence[BucketSet]:
    current = in_force(versions, today)
    return [one for one in versions if one is current or one.effective_on > today]


def _refuse_too_many(rules: Rules, versions: Sequence[BucketSet]) -> None:
    if len(versions) >= VERSIONS_MAX:
        raise refuse("too-many-versions", f"a bucket set has at most {VERSIONS_MAX} versions")
    if not versions and len(rules.sets) >= SETS_MAX:
        raise refuse("too-many-bucket-sets", f"there are at most {SETS_MAX} bucket sets")


def shown(some: Sequence[BucketSet], versions: Sequence[BucketSet]) -> ShownBucketSet:
    """A bucket set with *some* of its *versions*."""
    return ShownBucketSet(name=versions[-1].name, etag=etag_of(versions), versions=[_shown(one) for one in some])


def _shown(one: BucketSet) -> ShownVersion:
    return ShownVersion(
        version=one.version,
        effective_on=None if one.effective_on == date.min else one.effective_on,
        basis=one.basis,
        source=one.source,
        ranges=[ShownRange(name=part.title, min_days=part.min_days, max_days=part.max_days) for part in one.ranges],
    )
