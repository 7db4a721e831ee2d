"""How everything enters: read strictly, words into the vault first, then through the fold, answered alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from services.feedback.api.forms import Form
from services.feedback.store.sight import is_answered, refusal_at_sight
from services.feedback.store.vault import Vault
from shared.announcements import Announcement
from shared.auth import Principal
from shared.events import Command
from shared.fold import Answer, Applied, Heard, House, apply
from shared.fold import Request as Via
from shared.problems import read_body
from shared.refusal import Refusal, Refused
from shared.service.answers import answer_of, as_json, kept

MEDIA_TYPE: Final = "application/json"
DECIDED_BEFORE: Final = ("already-decided", "already-resolved")


@dataclass(frozen=True, slots=True)
class Entrance:
    """Takes what callers state about a borrower."""

    house: House[Any]
    vault: Vault

    async def take(
        self, form: Form, request: Request, caller: Principal, key: str | None, matter_id: str | None = None
    ) -> Response:
        """Carry out what is asked, once for each Idempotency-Key. Raises: Refused."""
        body = await read_body(request)
        customer_id, command, words = form.read(body, matter_id)
        name = str(getattr(command, form.names))

        def answer(said: Sequence[Announcement]) -> Answer:
            return entered(customer_id, form.names, name, said)

        via = kept(request, caller.name, key, body, answer)
        is_fresh = await self._is_fresh(Heard(customer_id, command, via), in_path=matter_id is not None)
        if words and is_fresh:
            command = await self._seal(customer_id, command, words)
        outcome = (await apply(self.house, [Heard(customer_id, command, via)]))[0]
        if isinstance(outcome, Applied):
            fresh = answer(outcome.announcements)
            return Response(fresh.body, fresh.status, media_type=MEDIA_TYPE)
        return answer_of(_as_of_a_resource(outcome) if matter_id and isinstance(outcome, Refusal) else outcome)

    async def _is_fresh(self, heard: Heard, *, in_path: bool) -> bool:
        """Whether this was not answered before, so that its words have to be kept.

        Raises: Refused for what would be refused as things stand: nothing is kept of it, no row and no key.
        """
        assert isinstance(heard.via, Via)
        async with self.house.database.reading() as connection:
            # One snapshot: where the request has changed the state before, its answer stands beside it.
            refusal = await refusal_at_sight(connection, self.house, heard)
            answered = await is_answered(connection, heard.via)
        if refusal is not None and not answered:
            raise Refused(_as_of_a_resource(refusal) if in_path else refusal)
        return not answered

    async def _seal(self, customer_id: str, command: Command, words: dict[str, dict[str, str]]) -> Command:
        """The same command with references to its words, which are in the vault when this returns.

        Should nothing come of the command, nobody takes them up, and they are swept.
        """
        async with self.house.database.begin() as connection:
            refs = {name: await self.vault.put(connection, customer_id, said) for name, said in words.items()}
        return replace(command, **refs)  # type: ignore[type-var]


def entered(customer_id: str, names: str, name: str, said: Sequence[Announcement]) -> Answer:
    """The answer to something taken: its id, and what was announced."""
    announcements = [{"number": one.number, "type": one.type, "id": one.event_id} for one in said]
    return as_json(201, {"customer_id": customer_id, names: name, "announcements": announcements})


def _as_of_a_resource(refusal: Refusal) -> Refusal:
    """What HTTP calls the refusals about a matter that the path names."""
    if refusal.code.startswith("unknown-"):
        return Refusal("not-found", refusal.detail)
    if refusal.code in DECIDED_BEFORE:
        return Refusal("conflict", refusal.detail)
    return refusal
