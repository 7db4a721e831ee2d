"""Contact for tests: the whole house over real PostgreSQL, its providers real, its neighbours as the test wants them."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.harness import Databases
from tests.houses import Client, running

MASTER_KEY = base64.b64encode(bytes(range(32)))


def write_master_key(folder: Path) -> Path:
    file = folder / "master.key"
    file.write_bytes(MASTER_KEY)
    return file


@asynccontextmanager
async def running_contact(
    databases: Databases, folder: Path, now: datetime | None = None, **settings: Any
) -> AsyncIterator[Client]:
    """Contact with its loops running; without neighbours nobody is heard out."""
    nobody = {name: "http://127.0.0.1:9" for name in ("ingest", "scoring", "feedback")}
    made = {"master_key_file": write_master_key(folder), "peers": nobody} | settings
    async with running(databases, folder, "contact", now=now, **made) as client:
        yield client
