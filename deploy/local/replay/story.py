"""A borrower's story out of four tellings: by business time, inside one instant causes before what they led to."""

import json
from collections.abc import Sequence
from graphlib import TopologicalSorter
from typing import Any

from deploy.local.replay.street import Street

PAGE_MAX = 1000

Told = tuple[str, dict[str, Any]]
"""The house that said it, and the announcement."""


async def story_of(street: Street, customer_id: str) -> list[Told]:
    """What every house said about one borrower (at most its first 1,000 announcements each), in order."""
    told: list[Told] = []
    for house in street.houses:
        page = await street.get(house, f"/v1/customers/{customer_id}/events", limit=PAGE_MAX)
        told += [(house, item) for item in page["items"]]
    return in_order(told)


def in_order(told: Sequence[Told]) -> list[Told]:
    """*told* by time, then by who had heard what: each announcement names in its basis what its house had heard."""
    after = {(house, item["number"]): _known_before(house, item) for house, item in told}
    rank = {place: index for index, place in enumerate(TopologicalSorter(after).static_order())}
    return sorted(told, key=lambda one: (one[1]["time"], rank[one[0], one[1]["number"]]))


def _known_before(house: str, item: dict[str, Any]) -> list[tuple[str, int]]:
    heard = json.loads(item["basis"])["heard"]
    return [(house, item["number"] - 1), *heard.items()]
