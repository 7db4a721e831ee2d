"""The scenes in which the protocol must hold: some of its processes, and how far they go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

PROTOCOL: Final = "protocol.pml"
QUEUE: Final = "queue.pml"


@dataclass(frozen=True, slots=True)
class Scene:
    """Some of the processes, and how far they go; `fairly` is checked for what happens in the end, not at each step."""

    name: str
    says: str
    bounds: Mapping[str, int] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    file: str = PROTOCOL
    fairly: bool = False


SCENES: Final = {
    scene.name: scene
    for scene in (
        Scene("queue", "two writers of two subjects, ids and commits in any order, one relay", file=QUEUE),
        Scene(
            "publishing",
            "two relays of one source, one consumer, the pull",
            {"FACTS": 2, "RECORDS": 3, "RELAYS": 2},
        ),
        Scene(
            "hearing",
            "two consumers that share a partition, the pull, a row that stays locked once",
            {"FACTS": 2, "RECORDS": 3, "CONSUMERS": 2, "BUSY": 1},
        ),
        Scene(
            "between two audits",
            "as hearing, in an hour without an audit",
            {"FACTS": 2, "RECORDS": 3, "CONSUMERS": 2, "BUSY": 1},
            without=("NO_LOST_TAIL_AUDIT",),
        ),
        Scene(
            "two sources",
            "ingest and feedback, heard by two consumers",
            {"SOURCES": 2, "FACTS": 1, "RECORDS": 1, "CONSUMERS": 2, "PULLS": 0},
        ),
        Scene(
            "restored source",
            "ingest goes back to any older backup, once, at any time; consumer and pull",
            {"FACTS": 3, "RECORDS": 3, "RESTORES": 1},
        ),
        Scene(
            "restored source, pulled",
            "the same, heard by pull alone, with timers that reserve",
            {"FACTS": 3, "SETTLED_BY": 3, "RELAYS": 0, "CONSUMERS": 0, "RESTORES": 1, "TIMERS": 1},
        ),
        Scene(
            "restored hearer",
            "contact goes back to any older backup, once, at any time; topics and offsets do not",
            {"FACTS": 2, "RECORDS": 2, "SETBACKS": 1},
        ),
        Scene(
            "restored both",
            "both go back, in either order",
            {"FACTS": 2, "RECORDS": 2, "SETBACKS": 1, "RESTORES": 1},
        ),
        Scene(
            "reserving",
            "ingest and feedback, two timers, a fact of either at any time, a source out of reach at any time",
            {"SOURCES": 2, "FACTS": 1, "RELAYS": 0, "CONSUMERS": 0, "TIMERS": 2},
        ),
        Scene(
            "reserving, by topic",
            "one source with its relay, a consumer, the pull, one timer",
            {"FACTS": 2, "RECORDS": 3, "TIMERS": 1},
        ),
        Scene(
            "sending",
            "two timers, two senders, two attempts at one contact, a payment at any time, every answer of a provider",
            {"FACTS": 1, "RELAYS": 0, "CONSUMERS": 0, "TIMERS": 2, "SENDERS": 2},
        ),
        Scene(
            "in the end",
            "one relay, two consumers, the pull, weakly fair; one kill",
            {"FACTS": 2, "RECORDS": 4, "CONSUMERS": 2, "KILLS": 1},
            fairly=True,
        ),
        Scene(
            "in the end, restored",
            "one relay, one consumer, the pull, weakly fair; both databases go back, one kill",
            {"FACTS": 2, "RECORDS": 4, "KILLS": 1, "RESTORES": 1, "SETBACKS": 1},
            fairly=True,
        ),
    )
}
