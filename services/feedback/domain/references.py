"""References to addresses in contact's vault: anything else might be the address itself, which nobody announces."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from shared.events import Scope
from shared.refusal import Refusal

WRITTEN: Final = 36
"""A reference in full: 32 hexadecimal digits in five groups."""


def refuse_reference(scope: Scope) -> Refusal | None:
    """A scope names an address by its reference."""
    if scope.address_ref is None or _is_reference(scope.address_ref):
        return None
    return Refusal("not-a-reference", "An address is given by its reference, a UUID.", ("/scope/address_ref",))


def _is_reference(text: str) -> bool:
    try:
        return len(text) == WRITTEN and str(UUID(text)) == text.lower()
    except ValueError:
        return False


def as_announced(scope: Scope) -> Scope:
    """*scope* with its reference as the vault writes it, so that whoever compares them finds them equal."""
    if scope.address_ref is None or not _is_reference(scope.address_ref):
        return scope
    return replace(scope, address_ref=scope.address_ref.lower())


def written(reference: UUID | None) -> str | None:
    """A reference as it is announced."""
    return None if reference is None else str(reference)
