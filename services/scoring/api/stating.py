"""Reading facts that a stranger states: events of the published language, each refused with its place."""

from collections.abc import Sequence
from typing import Any, Final

from services.scoring.domain.scoring import CHANGES
from shared.codec import Unreadable, decode_strict, parse
from shared.events import Event, RiskAssessed
from shared.refusal import Refusal, Refused, refuse

FACTS_MAX: Final = 1000
HEEDED: Final = {kind.__name__: kind for kind in CHANGES if kind is not RiskAssessed}


def read_facts(body: bytes) -> list[Event]:
    """The events in `{"facts": [{"type", "data"}, …]}`, at most 1,000 in 256 KiB. Raises: Refused."""
    try:
        stated = parse(body)
    except Unreadable as error:
        code = "body-too-large" if error.code == "too-large" else "unreadable-body"
        raise refuse(code, error.detail) from None
    facts = stated.get("facts") if isinstance(stated, dict) else None
    if not isinstance(facts, list) or not 0 < len(facts) <= FACTS_MAX:
        raise refuse("schema", f"1 to {FACTS_MAX} facts are expected", "/facts")
    return _events(facts)


def _events(facts: Sequence[Any]) -> list[Event]:
    return [_event(fact, f"/facts/{index}") for index, fact in enumerate(facts)]


def _event(fact: Any, pointer: str) -> Event:
    kind = fact.get("type") if isinstance(fact, dict) else None
    if not isinstance(kind, str) or kind not in HEEDED:
        raise refuse("type-not-supported", "scoring heeds no event of this type", f"{pointer}/type")
    try:
        return decode_strict(HEEDED[kind], fact.get("data"))
    except Unreadable as error:
        raise Refused(Refusal(error.code, error.detail, (f"{pointer}/data{error.pointer}",))) from None
