"""Whatever may stand in contact's journal can be read again, so that every decision can be taken again."""

from datetime import date, timedelta

import pytest

from services.contact.domain import commands
from services.contact.domain.decide import ANSWERS
from shared.events import Command
from shared.timers import Timers
from tests.contact.borrowers import at, late, paid
from tests.contact.desk import settle_down
from tests.contact.living import living_contact
from tests.contact.test_crash_time import MORNING, go_late, hear
from tests.harness import Databases


def test_every_command_of_contact_is_answered_and_so_can_be_read_again():
    known = {one for one in vars(commands).values() if isinstance(one, type) and issubclass(one, Command)}
    assert known - {Command} == set(ANSWERS)


@pytest.mark.postgres
async def test_a_reservation_that_is_withdrawn_before_it_began_is_verified(databases: Databases, tmp_path):
    async with living_contact(databases, tmp_path, MORNING) as contact:
        contact.sources["ingest"].business_date = date(2026, 3, 4)
        await go_late(contact, "C1")
        await contact.set_clock(at("03-05 12:00"))
        await Timers(contact.house).wake_all()
        assert (await contact.types_said("C1"))[-1] == "ContactReserved"
        money = (paid("03-05"), late("03-05", None, "0.00"))
        noon = at("03-05 12:00") + timedelta(minutes=1)
        await hear(contact, "ingest", contact.sources["ingest"].say("C1", noon, *money))
        await settle_down(contact.shop.sender({}), rounds=2)
        assert [name for name, _ in await contact.shop.notes("C1")] == ["NoteWithdrawn"]
        await contact.check()
