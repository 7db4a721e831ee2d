"""A second instance of every house beside the first, over the same databases and in the same consumer groups."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment

from deploy.local.databases import HOUSES
from deploy.local.plan import house_program
from deploy.local.ports import free_port
from deploy.local.processes import Process
from deploy.local.profile import Profile
from deploy.local.tokens import make_token
from tests.shared.topics import administering

READY_SECONDS = 60
Share = frozenset[tuple[str, int]]
"""Topics and their partitions."""


class Twins:
    """The second instances; their doors are open on ports of their own."""

    def __init__(self, profile: Profile) -> None:
        self.profile = replace(profile, ports=dict(profile.ports) | {house: free_port() for house in HOUSES})
        self.processes = {
            house: Process(house_program(self.profile, house, bootstrap_of(profile)), profile.log_of(f"{house}-2"))
            for house in HOUSES
        }

    def kill(self, house: str) -> None:
        """SIGKILL, once and for all."""
        self.processes[house].kill()

    async def counted(self, house: str, name: str, **labels: str) -> float:
        """The value of a counter of the second instance of *house*, over all that have *labels*."""
        headers = {"Authorization": f"Bearer {make_token(self.profile.keys)}"}
        async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
            answer = await client.get(f"http://127.0.0.1:{self.profile.ports[house]}/metrics")
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = answer.raise_for_status().text.splitlines()
        return sum(
            float(one.rsplit(" ", 1)[1]) for one in lines if one.startswith(name) and all(w in one for w in wanted)
        )


@contextmanager
def second_instances(profile: Profile) -> Iterator[Twins]:
    """Every house of *profile* twice."""
    twins = Twins(profile)
    try:
        for process in twins.processes.values():
            process.spawn()
        for process in twins.processes.values():
            process.wait_ready(READY_SECONDS)
        yield twins
    finally:
        for process in twins.processes.values():
            process.stop()


def bootstrap_of(profile: Profile) -> str:
    """Where the broker of *profile* is."""
    return f"127.0.0.1:{profile.ports['kafka']}"


async def shares_of(profile: Profile, house: str) -> list[Share]:
    """What each member of the consumer group of *house* has."""
    async with administering(bootstrap_of(profile)) as admin:
        [described] = await admin.describe_consumer_groups([f"forbear-{house}"])
    [(_, _, _, _, _, members, *_)] = described.groups
    return [_share(member[4]) for member in members]


def _share(assignment: bytes) -> Share:
    if not assignment:
        return frozenset()
    held = ConsumerProtocolMemberAssignment.decode(assignment)
    return frozenset((topic, number) for topic, numbers in held.assignment for number in numbers)
