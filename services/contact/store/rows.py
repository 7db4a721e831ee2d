"""What contact's tables must hold after a batch: reserved attempts, withdrawals, profiles, holds."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.contact.store.profiles import profile_rows
from services.contact.store.story import hold_ending_rows, hold_rows
from services.contact.tables import attempts, hold_endings, holds, profiles, withdrawals
from shared.fold import Row, Said

TABLES: Final = {
    "attempts": attempts,
    "withdrawals": withdrawals,
    "profiles": profiles,
    "holds": holds,
    "hold_endings": hold_endings,
}


def rows_of(said: Sequence[Said], routes: Mapping[str, str]) -> Mapping[str, Sequence[Row]]:
    """Every row that *said* asks for; *routes* names the provider of each channel."""
    return {
        "profiles": profile_rows(said),
        "holds": hold_rows(said),
        "hold_endings": hold_ending_rows(said),
    }
