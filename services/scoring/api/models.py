"""Where it is read what assessments rest on, and where a person brings new bucket rates into force."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request

from services.scoring.domain.inputs import INPUT_NAMES
from services.scoring.domain.rates import SHIPPED_RATES, BucketRates
from services.scoring.schemas import InForce, ShownModel, ShownRates, StatedRates, example
from services.scoring.store.models import Model
from services.scoring.store.rates import KeptRates, find_rates, keep_rates, list_rates, rates_in_force
from shared.auth import Principal, requires
from shared.codec import Unreadable, decode_strict
from shared.fold import House
from shared.problems import read_body, refused_body, stated_at
from shared.refusal import refuse

AXES: Final = "expert points in log-odds, set by hand and trained on nothing"
SHIPPED_ON: Final = "202,456 months of prime car loans, 2017-2023"
Version = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Recorder = Annotated[Principal, Depends(requires("models:write"))]
MATRIX: Final = [[format(rate, "f") for rate in row] for row in SHIPPED_RATES.matrix]
RATES: Final = {
    "version": "own-2026-1", "effective_on": "2026-02-01", "measured_on": "our instalment loans, 2024-2025",
    "matrix": MATRIX,
}  # fmt: skip
IN_FORCE: Final = {
    "bucket_rates": RATES | {"version": SHIPPED_RATES.version, "effective_on": None, "measured_on": SHIPPED_ON},
    "versions": [], "model": None, "axes": AXES, "inputs": list(INPUT_NAMES[:3]),
}  # fmt: skip
TAKEN: Final = {
    "type": "/problems/contradiction", "title": "Conflict", "status": 409, "code": "contradiction",
    "detail": "this version is kept with other content; a version never changes",
}  # fmt: skip
BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "example": {name: value for name, value in RATES.items() if name != "version"},
            }
        },
    }
}


def models_door(house: House[Any], model: Model | None) -> APIRouter:
    """`/v1/models` and `/v1/bucket-rates/{version}`."""
    router = APIRouter(tags=["models"])

    @router.get("/v1/models", dependencies=[Depends(requires("risk:read"))], responses=example(200, IN_FORCE))
    async def read_models() -> InForce:
        """What is in force now: bucket rates, the model if there is one, and where the two axes come from."""
        async with house.database.reading() as connection:
            now = await house.clock.read(connection)
            rates, versions = await rates_in_force(connection, now.date()), await list_rates(connection)
        return InForce(
            bucket_rates=_shown_in_force(rates, versions),
            versions=[_shown(kept) for kept in versions],
            model=_shown_model(model, now) if model else None,
            axes=AXES,
            inputs=list(INPUT_NAMES),
        )

    @router.put("/v1/bucket-rates/{version}", openapi_extra=BODY, responses=example(200, RATES) | example(409, TAKEN))
    async def bring_rates_into_force(version: Version, request: Request, caller: Recorder) -> ShownRates:
        """Keep a version of the bucket rates, in force from `effective_on` (UTC, not before today) on.

        A repeat is answered as the first time; other content under a kept version is a contradiction.
        """
        stated = read_rates(version, await read_body(request))
        async with house.database.begin() as connection:
            now = await house.clock.read(connection)
            if await find_rates(connection, version) is None:
                _refuse_the_past(stated, now.date())
                await keep_rates(connection, stated, now, caller.name)
            kept = await find_rates(connection, version)
        if kept != stated:
            raise refuse("contradiction", "this version is kept with other content; a version never changes")
        return _shown(stated)

    return router


def read_rates(version: str, body: bytes) -> KeptRates:
    """The rates that *body* states. Raises: Refused."""
    if version == SHIPPED_RATES.version:
        raise refuse("contradiction", "this version ships with the code; a version never changes")
    try:
        stated = decode_strict(StatedRates, body)
    except Unreadable as error:
        raise refused_body(error) from None
    with stated_at():
        return KeptRates(BucketRates(version, stated.matrix), stated.effective_on, stated.measured_on)


def _refuse_the_past(stated: KeptRates, today: date) -> None:
    if stated.effective_on < today:
        raise refuse("in-the-past", "rates are in force from today on at the earliest", "/effective_on")


def _shown(kept: KeptRates) -> ShownRates:
    return ShownRates(
        version=kept.rates.version,
        effective_on=kept.effective_on,
        measured_on=kept.measured_on,
        matrix=[list(row) for row in kept.rates.matrix],
    )


def _shown_in_force(rates: BucketRates, versions: Sequence[KeptRates]) -> ShownRates:
    found = next((kept for kept in versions if kept.rates.version == rates.version), None)
    if found:
        return _shown(found)
    matrix = [list(row) for row in rates.matrix]
    return ShownRates(version=rates.version, effective_on=None, measured_on=SHIPPED_ON, matrix=matrix)


def _shown_model(model: Model, now: datetime) -> ShownModel:
    return ShownModel(
        name=model.name,
        trained_on=model.trained_on,
        valid_until=model.valid_until,
        expired=now.date() > model.valid_until,
    )
