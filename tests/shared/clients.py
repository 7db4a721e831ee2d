"""Somebody with a token at the doors of a toy house."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.shared.doors import counter
from tests.shared.street import (
    Keys,
    app_of,
)

SCOPES = (
    "street:read", "events:read", "clock:write", "parked:read", "parked:write", "audit:read", "metrics:read",
    "payments:write",
)  # fmt: skip


@asynccontextmanager
async def a_client(house, keys: Keys, *scopes: str, **given: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a token at the doors of *house*, whose loops do not run."""
    transport = httpx.ASGITransport(app_of(house, keys, routers=[counter(house)], **given))
    headers = {"Authorization": f"Bearer {keys.token(*(scopes or SCOPES))}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://street", headers=headers) as client:
        yield client
