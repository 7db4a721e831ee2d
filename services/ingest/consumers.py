"""What ingest hears from other houses: nothing. Facts come from core banking, through the HTTP door."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from shared.events import Event

HANDLERS: Final[Mapping[type[Event], Callable[..., Any]]] = MappingProxyType({})
