"""A contact check as somebody states it, read into a case; by the closed lists of words, so nothing is guessed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from services.contact.domain.gate.case import ContactCase, Debtor, PastContact, Proposal
from services.contact.domain.gate.reading import UnreadableError, read_list, read_object, read_text, refuse
from shared.refusal import Refusal

DESCRIPTIVE: Final = frozenset({"id", "title", "source", "basis", "notes"})
"""What a case may carry for its readers; never judged."""
REQUIRED: Final = ("jurisdiction", "debtor", "proposed")
JURISDICTIONS_MAX: Final = 8


def parse_case(stated: object) -> ContactCase | Refusal:
    """The case that was stated, or a refusal that points at the first thing not understood."""
    try:
        return _read_case(stated)
    except UnreadableError as unread:
        return unread.refusal


def _read_case(stated: object) -> ContactCase:
    if not isinstance(stated, Mapping):
        refuse("bad-shape", "not an object", "")
    _check_keys(stated)
    history = read_list(stated.get("history") or [], "/history")
    proposed: Proposal = read_object(Proposal, stated["proposed"], "/proposed")
    if proposed.task is None and proposed.channel is None:
        refuse("missing-field", "a proposed contact needs its channel", "/proposed/channel")
    return ContactCase(
        jurisdictions=_jurisdictions(stated["jurisdiction"]),
        debtor=read_object(Debtor, stated["debtor"], "/debtor"),
        history=tuple(_past(item, f"/history/{index}") for index, item in enumerate(history)),
        proposed=proposed,
    )


def _check_keys(stated: Mapping[Any, Any]) -> None:
    if any(key not in DESCRIPTIVE and key not in (*REQUIRED, "history") for key in stated):
        refuse("unknown-field", "a case with a field that is not known here", "")
    for key in REQUIRED:
        if stated.get(key) is None:
            refuse("missing-field", "a required field is missing", f"/{key}")


def _past(item: Any, pointer: str) -> PastContact:
    past: PastContact = read_object(PastContact, item, pointer)
    return replace(past, ref=pointer)


def _jurisdictions(stated: Any) -> tuple[str, ...]:
    names = [stated] if isinstance(stated, str) else read_list(stated, "/jurisdiction")
    if not 1 <= len(names) <= JURISDICTIONS_MAX:
        refuse("too-long", f"between 1 and {JURISDICTIONS_MAX} jurisdictions", "/jurisdiction")
    return tuple(read_text(name, "/jurisdiction") for name in names)
