"""Where the profiles of many borrowers are stated in one call: a lender's book on its way in."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from services.contact.api.profiles import Draft, draft
from services.contact.schemas import ProfileList, ProfileReceipt, ProfileVerdict
from services.contact.store.profiles import Standing, find_standings, refusal_to_enter
from services.contact.store.sealing import Sealer
from services.contact.store.vault import wrapped_keys
from shared.auth import Principal, requires
from shared.fold import Applied, Failed, House, Outcome, Unaddressed, apply
from shared.fold import Request as Via
from shared.problems import Door
from shared.refusal import Refusal, Refused
from shared.service import refusal_of
from shared.telemetry import trace_of


def onboarding_door(house: House[Any], sealer: Sealer) -> APIRouter:
    """`POST /v1/profiles`."""
    router = APIRouter(route_class=Door, tags=["profiles"])

    @router.post("/v1/profiles")
    async def state_profiles(
        listed: ProfileList, request: Request, caller: Annotated[Principal, Depends(requires("pii:write"))]
    ) -> ProfileReceipt:
        """State the whole profiles of up to 500 borrowers, each judged alone; stated again, a profile is replaced.

        A restriction is never lifted here, and a body of the wrong shape changes nobody.
        """
        via = Via(caller.name, trace_of(request.headers.get("traceparent")))
        drafts, refused = _drafted(sealer, listed)
        async with house.database.begin() as connection:
            refused |= _refused_at_sight(drafts, await find_standings(connection, [one.key for one in drafts.values()]))
            wrapped = await wrapped_keys(connection, sealer, [drafts[i].key for i in drafts if i not in refused])
        entering = {i: one.entered(sealer, wrapped[one.key]) for i, one in drafts.items() if i not in refused}
        outcomes = await apply(house, [Unaddressed(one, via) for one in entering.values()])
        if outcomes and all(isinstance(outcome, Failed) for outcome in outcomes):
            raise Refused(refusal_of(outcomes[0]))  # a fault of ours: nobody's profile is to blame
        for index, outcome in zip(entering, outcomes, strict=True):
            refused |= _refused(index, outcome)
        verdicts = [ProfileVerdict.of(index, refused[index]) for index in sorted(refused)]
        return ProfileReceipt(stated=len(listed.profiles) - len(verdicts), refused=verdicts)

    return router


def _drafted(sealer: Sealer, listed: ProfileList) -> tuple[dict[int, Draft], dict[int, Refusal]]:
    """The profiles that may be taken, and why the others may not, by their place in the list."""
    drafts: dict[int, Draft] = {}
    refused: dict[int, Refusal] = {}
    for index, one in enumerate(listed.profiles):
        try:
            drafts[index] = draft(sealer, one.customer_id, one)
        except Refused as error:
            refused[index] = error.refusal
    return drafts, refused


def _refused_at_sight(drafts: Mapping[int, Draft], standing: Mapping[str, Standing]) -> dict[int, Refusal]:
    """Which drafts what stands already forbids: nothing is made for them."""
    found = {index: refusal_to_enter(one.profile, None, standing.get(one.key)) for index, one in drafts.items()}
    return {index: refusal for index, refusal in found.items() if refusal is not None}


def _refused(index: int, outcome: Outcome) -> dict[int, Refusal]:
    return {} if isinstance(outcome, Applied) else {index: refusal_of(outcome)}
