"""Where the profiles of many borrowers are stated in one call: a lender's book on its way in."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from services.contact.api.profiles import seal
from services.contact.schemas import ProfileList, ProfileReceipt, ProfileVerdict
from services.contact.store.profiles import EnterProfile
from services.contact.store.sealing import Sealer
from services.contact.store.vault import wrapped_keys
from shared.auth import Principal, requires
from shared.fold import Applied, House, Outcome, Unaddressed, apply
from shared.fold import Request as Via
from shared.refusal import Refusal, Refused
from shared.service import refusal_of
from shared.telemetry import trace_of


def onboarding_door(house: House[Any], sealer: Sealer) -> APIRouter:
    """`POST /v1/profiles`."""
    router = APIRouter(tags=["profiles"])

    @router.post("/v1/profiles")
    async def state_profiles(
        listed: ProfileList, request: Request, caller: Annotated[Principal, Depends(requires("pii:write"))]
    ) -> ProfileReceipt:
        """State the whole profiles of up to 500 borrowers, each judged alone; stated again, a profile is replaced.

        A restriction is never lifted here, and a body of the wrong shape changes nobody.
        """
        via = Via(caller.name, trace_of(request.headers.get("traceparent")))
        async with house.database.begin() as connection:
            wrapped = await wrapped_keys(connection, sealer, [one.customer_id for one in listed.profiles])
        entering: dict[int, EnterProfile] = {}
        refused: dict[int, Refusal] = {}
        for index, one in enumerate(listed.profiles):
            key = one.customer_id
            try:
                entries, profile = seal(sealer, wrapped[key], key, one)
            except Refused as error:
                refused[index] = error.refusal
            else:
                entering[index] = EnterProfile(key, profile, entries, wrapped[key])
        outcomes = await apply(house, [Unaddressed(one, via) for one in entering.values()])
        for index, outcome in zip(entering, outcomes, strict=True):
            refused |= _refused(index, outcome)
        verdicts = [ProfileVerdict.of(index, refused[index]) for index in sorted(refused)]
        return ProfileReceipt(stated=len(listed.profiles) - len(verdicts), refused=verdicts)

    return router


def _refused(index: int, outcome: Outcome) -> dict[int, Refusal]:
    return {} if isinstance(outcome, Applied) else {index: refusal_of(outcome)}
