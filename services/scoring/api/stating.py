"""Reading facts that a stranger states: events of the published language, each refused with its place."""

from collections.abc import Sequence
from typing import Any, Final

from services.scoring.domain.scoring import CHANGES
from shared.codec import Unreadable, decode_strict, names_within
from shared.events import Event, RiskAssessed
from shared.problems import refused_body
from shared.refusal import refuse

FACTS_MAX: Final = 1000
NAMES: Final = frozenset({"facts", "type", "data"}).union(*(names_within(kind) for kind in CHANGES))
"""What a pointer may show of what is stated."""
HEEDED: Final = {kind.__name__: kind for kind in CHANGES if kind is not RiskAssessed}


def read_facts(stated: Any) -> list[Event]:
    """The events in `{"facts": [{"type", "data"}, …]}`, at most 1,000. Raises: Refused."""
    if not isinstance(stated, dict):
        raise refuse("wrong-type", "an object is expected")
    facts = stated.get("facts")
    if facts is None:
        raise refuse("missing-field", "a required field is missing", "/facts")
    if not isinstance(facts, list):
        raise refuse("wrong-type", "a list is expected", "/facts")
    if not 0 < len(facts) <= FACTS_MAX:
        raise refuse("bad-value", f"1 to {FACTS_MAX} facts are expected", "/facts")
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
        raise refused_body(error, f"{pointer}/data") from None
