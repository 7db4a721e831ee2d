"""Where the features of a borrower are read: as they stand, or as they were known at the end of a day."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy import Row
from starlette.responses import Response

from services.scoring.domain.features import Features, features_of
from services.scoring.domain.history import Borrower
from services.scoring.domain.inputs import fingerprint_of, vector_of
from services.scoring.domain.preview import borrower_as_of
from services.scoring.domain.scoring import day_of
from services.scoring.schemas import PROBLEM, CustomerId, example
from services.scoring.store.borrowers import HEARD_MAX, find_borrower, list_heard
from shared.announcements import PAGE_MAX, Announcement
from shared.auth import requires
from shared.codec import Unreadable, decode, encode, parse
from shared.events import EVENT_TYPES, Event, Wake
from shared.fold import House
from shared.fold.hearing import heard_from
from shared.heads import Peer
from shared.refusal import refuse

EXAMPLE: Final = {
    "customer_id": "C1", "fingerprint": "5b0b1f7f0c6f8f34",
    "features": {
        "as_of": "2025-02-06", "loans": [{"loan_id": "L1", "lateness": {"behind": 1, "past_due_days": 1}}],
        "promises_made": 0, "promises_kept_share": None, "contacts": 0, "answered_share": None,
    },
}  # fmt: skip
AsOf = Annotated[date | None, Query(description="use nothing later than this day (inclusive, UTC)")]


def features_door(house: House[Any], peers: Mapping[str, Peer]) -> APIRouter:
    """`/v1/customers/{customer_id}/features`."""
    router = APIRouter(tags=["features"], dependencies=[Depends(requires("risk:read"))])

    @router.get(
        "/v1/customers/{customer_id}/features",
        response_model=dict[str, Any],
        responses=example(200, EXAMPLE) | example(404, PROBLEM),
    )
    async def read_features(customer_id: Annotated[CustomerId, Path()], as_of: AsOf = None) -> Response:
        """What a score rests on. With `as_of`, told again from the sources, without anything later than that day."""
        async with house.database.reading() as connection:
            now = await house.clock.read(connection)
            borrower = await find_borrower(connection, customer_id)
            heard = await list_heard(connection, customer_id) if as_of else []
        if borrower is None:
            raise refuse("not-found", "nothing is known of this borrower here")
        if as_of is None:
            return _answer(customer_id, features_of(borrower, day_of(borrower, Wake(now), now)))
        if as_of > now.date() + timedelta(days=1):
            raise refuse("in-the-future", "nothing is known of days to come", "/as_of")
        return _answer(customer_id, features_of(await recount(house, peers, customer_id, heard, as_of), as_of))

    return router


async def recount(
    house: House[Any], peers: Mapping[str, Peer], key: str, heard: Sequence[Row[Any]], as_of: date
) -> Borrower:
    """The record at the end of *as_of*, from what was *heard*, in that order, as its sources still tell it.

    Raises: PeerUnreachable; Refused when a source tells another story than the one that was heard.
    """
    if len(heard) > HEARD_MAX:
        raise refuse("history-too-long", f"more than {HEARD_MAX} events were heard of this borrower")
    last = {row.source: row.number for row in sorted(heard, key=lambda row: int(row.number))}
    told = {source: await _told_by(peers[source], key, number) for source, number in last.items()}
    announced = [(_event(house, row, told[row.source]), told[row.source][row.number].at.date()) for row in heard]
    return borrower_as_of(announced, as_of)


async def _told_by(peer: Peer, key: str, until: int) -> Mapping[int, Announcement]:
    """What *peer* has said about *key* up to the number *until* (inclusive)."""
    found: dict[int, Announcement] = {}
    while len(found) < until:
        page = await peer.wanted({key: len(found)}, PAGE_MAX)
        if not page:
            raise refuse("conflict", "a source no longer tells what was heard of it")
        found |= {said.number: said for said in page}
    return found


def _event(house: House[Any], row: Row[Any], told: Mapping[int, Announcement]) -> Event:
    """What was applied under the number of *row*: as announced, or as an operator put it in its place."""
    if row.body is not None:
        return _replacement(row.body)
    said = told[row.number]
    if said.event_id != row.event_id:
        raise refuse("conflict", "a source tells another story than the one that was heard")
    fact = heard_from(house, row.source, said).fact
    assert isinstance(fact, Event), "only events are announced"
    return fact


def _replacement(body: bytes) -> Event:
    name, data = parse(body)
    try:
        return decode(EVENT_TYPES[name], encode(data)) if name in EVENT_TYPES else Event()
    except Unreadable:
        return Event()


def _answer(customer_id: str, features: Features) -> Response:
    shown = asdict(features)
    for loan in shown["loans"]:
        loan["months"] = loan["months"]._asdict()
    body = {"customer_id": customer_id, "fingerprint": fingerprint_of(vector_of(features)), "features": shown}
    return Response(encode(body), media_type="application/json")
