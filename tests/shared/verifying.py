"""The toy houses verified: how their journals are read, and whom they ask what was said."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.announcements import Announcement, list_wanted
from shared.fold import House
from shared.verify import Rebuild, Report, Verification, by_name, verify
from tests.shared.toy import Context, Pay, RingAt

VERSIONS = {"toy": "1"}


class Told:
    """A house, asked in its own database."""

    def __init__(self, house: House[Any]) -> None:
        self.house, self.asked = house, 0

    async def wanted(self, after_by_key: Mapping[str, int], limit_each: int) -> Sequence[Announcement]:
        self.asked += 1
        async with self.house.database.reading() as connection:
            return (await list_wanted(connection, after_by_key, limit_each))[0]

    async def close(self) -> None:
        """The house goes on."""


async def rules_of(_: Any, versions: Mapping[str, str]) -> Rebuild | None:
    def rebuild(now: datetime, kept: bytes | None) -> Context:
        assert kept is None
        return Context(now)

    return rebuild if versions == VERSIONS else None


def verification(house: House[Any], *sources: House[Any]) -> Verification[Any]:
    return Verification(house, {one.name: Told(one) for one in sources}, by_name((Pay, RingAt)), rules_of)


async def verified(house: House[Any], *sources: House[Any]) -> Report:
    """What there is to say against the history of *house*."""
    return await verify(verification(house, *sources))


def kinds(report: Report) -> set[str]:
    return set(report.found)
