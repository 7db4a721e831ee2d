"""How everything enters: read strictly, words into the vault first, then through the fold, answered alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from services.feedback.api.forms import Form
from services.feedback.store.vault import Vault
from shared.announcements import Announcement
from shared.auth import Principal
from shared.events import Command
from shared.fold import Answer, Applied, Heard, House, Outcome, apply
from shared.refusal import Refusal, refuse
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
        _check_media_type(request)
        body = await request.body()
        customer_id, command, words = form.read(body, matter_id)
        command = await self._seal(customer_id, command, words)
        name = str(getattr(command, form.names))

        def answer(said: Sequence[Announcement]) -> Answer:
            return entered(customer_id, form.names, name, said)

        via = kept(request, caller.name, key, body, answer)
        outcome = (await apply(self.house, [Heard(customer_id, command, via)]))[0]
        if isinstance(outcome, Applied):
            fresh = answer(outcome.announcements)
            return Response(fresh.body, fresh.status, media_type=MEDIA_TYPE)
        return answer_of(_as_of_a_resource(outcome) if matter_id else outcome)

    async def _seal(self, customer_id: str, command: Command, words: dict[str, dict[str, str]]) -> Command:
        """The same command with references to its words, which are in the vault when this returns.

        Should nothing come of the command, nobody takes them up, and they are swept.
        """
        if not words:
            return command
        async with self.house.database.begin() as connection:
            refs = {name: await self.vault.put(connection, customer_id, said) for name, said in words.items()}
        return replace(command, **refs)  # type: ignore[type-var]


def entered(customer_id: str, names: str, name: str, said: Sequence[Announcement]) -> Answer:
    """The answer to something taken: its id, and what was announced."""
    announcements = [{"number": one.number, "type": one.type, "id": one.event_id} for one in said]
    return as_json(201, {"customer_id": customer_id, names: name, "announcements": announcements})


def _as_of_a_resource(outcome: Outcome) -> Outcome:
    """What HTTP calls the refusals about a matter that the path names."""
    if isinstance(outcome, Refusal) and outcome.code.startswith("unknown-"):
        return Refusal("not-found", outcome.detail)
    if isinstance(outcome, Refusal) and outcome.code in DECIDED_BEFORE:
        return Refusal("conflict", outcome.detail)
    return outcome


def _check_media_type(request: Request) -> None:
    """Raises: Refused unless the body is said to be JSON, or nothing is said of it."""
    stated = request.headers.get("content-type", MEDIA_TYPE).partition(";")[0].strip().lower()
    if stated != MEDIA_TYPE:
        raise refuse("media-type-not-supported", f"send {MEDIA_TYPE}")
