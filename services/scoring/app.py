"""Scoring, put together: settings in, a running application out."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from services.scoring.api.assessments import assessments_door
from services.scoring.api.features import features_door
from services.scoring.api.models import models_door
from services.scoring.api.portfolio import portfolio_door
from services.scoring.consumers import HANDLERS, HEARS
from services.scoring.domain.history import Borrower
from services.scoring.domain.scoring import blank, decide, evolve, wake_at
from services.scoring.settings import Settings
from services.scoring.store.assessments import TABLES, rows_of
from services.scoring.store.contexts import gather, rules_of
from services.scoring.store.models import Model
from services.scoring.store.rates import RULEBOOK
from services.scoring.timers import on_the_day
from shared.clock import clock_named
from shared.database import Database
from shared.fold import House
from shared.heads import Peer
from shared.service import Assembly, build_app, serve
from shared.verify import VERIFY, Verification, run_verification


def build_house(settings: Settings, model: Model | None = None) -> House[Borrower]:
    """Scoring as a value; without *model* the bucket rates and the expert scorecards answer."""
    return House(
        name="scoring",
        topic="collections.risk.v1",
        hears=HEARS,
        state_type=Borrower,
        schema=1,
        blank=blank,
        evolve=evolve,
        decide=decide,
        wake_at=wake_at,
        gather=partial(gather, model=model, hears=HEARS),
        listens_to=frozenset(HANDLERS),
        database=Database.at(settings.database_url, "forbear scoring"),
        clock=clock_named(settings.clock),
        rows=rows_of,
        tables=TABLES,
        at_wake=on_the_day,
    )


def peers_of(settings: Settings) -> dict[str, Peer]:
    """The houses that scoring hears. Raises: ValueError when the address of one is missing."""
    missing = [name for name in HEARS if name not in settings.peers]
    if missing:
        raise ValueError(f"FORBEAR_PEERS names no address of {', '.join(missing)}")
    return {name: Peer(name, settings.peers[name], settings.service_token_file) for name in HEARS}


def build(settings: Settings, peers: Mapping[str, Peer] | None = None, model: Model | None = None) -> FastAPI:
    """Scoring as an application; *peers* are those of the settings unless given."""
    house = build_house(settings, model)
    known = dict(peers or peers_of(settings))
    routers = (
        assessments_door(house, model),
        features_door(house, known),
        models_door(house, model),
        portfolio_door(house),
    )
    return build_app(house, settings, Assembly(routers=routers, peers=known, rulebook=RULEBOOK))


def verification_of(settings: Settings, peers: Mapping[str, Peer] | None = None) -> Verification[Borrower]:
    """How scoring's history is taken again; no model is asked, because the journal holds its answers."""
    return Verification(build_house(settings), dict(peers or peers_of(settings)), {}, rules_of)


def main() -> None:
    """Run scoring until told to stop; told to `verify`, compare its state with its history instead."""
    settings = Settings()  # type: ignore[call-arg]  # read from the environment
    if VERIFY in sys.argv[1:]:
        sys.exit(run_verification(verification_of(settings)))
    serve(build(settings), settings, Path(__file__).parent.name)


if __name__ == "__main__":
    main()
