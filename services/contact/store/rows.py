"""What contact's tables must hold after a batch: reserved attempts, withdrawals, profiles, holds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from services.contact.store.story import hold_ending_rows, hold_rows
from services.contact.store.profiles import profile_rows
from services.contact.tables import attempts, hold_endings, holds, profiles, withdrawals
from shared.fold import Row, Said

TABLES: Final = {
    "attempts": attempts,
    "withdrawals": withdrawals,
    "profiles": profiles,
    "holds": holds,
    "hold_endings": hold_endings,
}
