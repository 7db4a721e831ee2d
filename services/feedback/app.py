"""Feedback, put together: settings in, a running application out."""

import sys
from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI

from services.feedback.api.cases import cases_door
from services.feedback.api.circumstances import circumstances_door
from services.feedback.api.complaints import complaints_door
from services.feedback.api.disputes import disputes_door
from services.feedback.api.entering import Entrance
from services.feedback.api.hardship import hardship_door
from services.feedback.api.promises import promises_door
from services.feedback.api.wishes import wishes_door
from services.feedback.consumers import HANDLERS, HEARS
from services.feedback.domain.borrower import Borrower, blank
from services.feedback.domain.decide import ANSWERS, decide
from services.feedback.domain.evolve import evolve
from services.feedback.domain.waking import wake_at
from services.feedback.settings import Settings
from services.feedback.store.contexts import Rules, rules_of
from services.feedback.store.rows import TABLES, rows_of
from services.feedback.store.vault import Vault
from services.feedback.timers import BankDay, Sweeper
from shared.clock import clock_named
from shared.database import Database
from shared.fold import House
from shared.heads import Peer
from shared.service import Assembly, build_app, serve
from shared.verify import VERIFY, Verification, by_name, run_verification


def build_house(settings: Settings, ingest: Peer) -> House[Borrower]:
    """Feedback as a value; *ingest* is asked how far the bank's day has come."""
    clock = clock_named(settings.clock)
    database = Database.at(settings.database_url, "forbear feedback")
    return House(
        name="feedback",
        topic="collections.feedback.v1",
        hears=HEARS,
        state_type=Borrower,
        schema=1,
        blank=blank,
        evolve=evolve,
        decide=decide,
        wake_at=wake_at,
        gather=Rules.of_bank(settings.business_zone).gather,
        listens_to=frozenset(HANDLERS),
        database=database,
        clock=clock,
        prepare=BankDay(database, clock, ingest).prepare,
        rows=rows_of,
        tables=TABLES,
    )


def build(settings: Settings, peers: Mapping[str, Peer] | None = None) -> FastAPI:
    """Feedback as an application; *peers* are the houses it hears, by default where the settings say."""
    known = dict(peers) if peers is not None else street(settings)
    rules = Rules.of_bank(settings.business_zone)
    house = build_house(settings, known["ingest"])
    entrance = Entrance(house, Vault.with_key_in(settings.master_key_file))
    routers = (
        promises_door(entrance),
        hardship_door(entrance),
        disputes_door(entrance),
        complaints_door(entrance, rules.policies),
        wishes_door(entrance),
        circumstances_door(entrance),
        cases_door(entrance),
    )
    assembly = Assembly(routers=routers, peers=known, loops=(Sweeper(house.database),), rulebook=rules.rulebook)
    return build_app(house, settings, assembly)


def verification_of(settings: Settings, peers: Mapping[str, Peer] | None = None) -> Verification[Borrower]:
    """How feedback's history is taken again."""
    known = dict(peers) if peers is not None else street(settings)
    return Verification(build_house(settings, known["ingest"]), known, by_name(ANSWERS), rules_of)


def street(settings: Settings) -> dict[str, Peer]:
    """The houses that feedback hears. Raises: KeyError when the settings do not say where one of them is."""
    return {name: Peer(name, settings.peers[name], settings.service_token_file) for name in HEARS}


def main() -> None:
    """Run feedback until told to stop; told to `verify`, compare its state with its history instead."""
    settings = Settings()  # type: ignore[call-arg]  # read from the environment
    if VERIFY in sys.argv[1:]:
        sys.exit(run_verification(verification_of(settings)))
    serve(build(settings), settings, Path(__file__).parent.name)


if __name__ == "__main__":
    main()
