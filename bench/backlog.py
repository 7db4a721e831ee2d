"""What the consumer is given to hear: the opening of every loan, and then two months of what ingest says of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bench.stories import Teller, key_of, loan, months, payment
from shared.announcements import Announcement

INSTALMENTS: Final = 3
OPENED_DAYS_AGO: Final = 80
FIRST_DUE_DAYS_AGO: Final = 35
DUE_DAYS: Final = 28
LATE_ONE_IN: Final = 4
LATE_DAYS: Final = 5


@dataclass(frozen=True, slots=True)
class Backlog:
    """`opening` is what must have been heard before; `rest` is what is measured, in the order of its days."""

    opening: Sequence[Announcement]
    rest: Sequence[Announcement]

    def sample(self, one_in: int) -> Sequence[Announcement]:
        """The whole story of one borrower in *one_in*: the same mix, for whoever is slow."""
        chosen = {said.key for said in self.opening[::one_in]}
        return [said for said in self.rest if said.key in chosen]

    def mix(self) -> str:
        """How many there are of each type."""
        counts = Counter(said.type for said in self.rest).most_common()
        return ", ".join(f"{count:,} {type_}" for type_, count in counts)


def backlog_on(today: date, borrowers: int) -> Backlog:
    """The backlog of *borrowers* up to *today*."""
    teller = Teller()
    said = [one for number in range(borrowers) for one in _story(teller, number, today)]
    rest = sorted((one for one in said if one.number > 1), key=lambda one: one.at)
    return Backlog([one for one in said if one.number == 1], rest)


def _story(teller: Teller, number: int, today: date) -> Iterator[Announcement]:
    """Due days are spread over four weeks; of each day's borrowers one in four pays five days late."""
    dues = months(today - timedelta(days=FIRST_DUE_DAYS_AGO - number % DUE_DAYS), INSTALMENTS)
    is_late = number // DUE_DAYS % LATE_ONE_IN == 0
    paid_on = dues[0] + timedelta(days=LATE_DAYS if is_late else 0)
    facts = [loan(number, today - timedelta(days=OPENED_DAYS_AGO), dues), payment(number, 1, paid_on)]
    yield from teller.tell(key_of(number), facts, today).announcements
