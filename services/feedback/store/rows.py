"""What feedback's tables must hold after something was said: the one list of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.feedback.store.cases import case_rows
from services.feedback.store.complaints import complaint_rows
from services.feedback.store.promises import promise_rows, standing_rows
from services.feedback.store.vault import use_rows
from services.feedback.tables import cases, complaints, promise_standings, promises, text_uses
from shared.fold import Said

TABLES: Final = {
    "cases": cases,
    "complaints": complaints,
    "promises": promises,
    "promise_standings": promise_standings,
    "text_uses": text_uses,
}


def rows_of(said: Sequence[Said]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What feedback's tables must hold after *said*."""
    return {
        "cases": case_rows(said),
        "complaints": complaint_rows(said),
        "promises": promise_rows(said),
        "promise_standings": standing_rows(said),
        "text_uses": use_rows(said),
    }
