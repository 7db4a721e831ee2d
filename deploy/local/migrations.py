"""Whether every house's migrations lead to exactly its tables: tried on a PostgreSQL made for the purpose."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy import ROOT
from deploy.local.databases import HOUSES, app_role_of, create_databases, database_of, owner_role_of
from deploy.local.ports import free_port
from deploy.local.postgres import PostgresServer

MODULE = "shared.migrations"
HOUSE_SECONDS = 120


def houses_with_migrations() -> list[str]:
    """The houses that have come so far as to keep tables."""
    return [house for house in HOUSES if (ROOT / "services" / house / "migrations").is_dir()]


def check_migrations(houses: Sequence[str], say: Callable[[str], None] = print, module: str = MODULE) -> bool:
    """Let *module* migrate each of *houses* to head and compare with its tables; say what differs."""
    if not houses:
        say("no house has migrations yet")
        return True
    with _throwaway_server() as server:
        asyncio.run(create_databases(server))
        verdicts = [_check(server, house, say, module) for house in houses]
        return all(verdicts)


def _check(server: PostgresServer, house: str, say: Callable[[str], None], module: str) -> bool:
    for arguments in ((house,), (house, "--check")):
        done = subprocess.run(
            (sys.executable, "-m", module, *arguments),
            env={
                **os.environ,
                "FORBEAR_HOUSE": house,
                "FORBEAR_DATABASE_URL": server.url(database_of(house), owner_role_of(house)),
                "FORBEAR_APP_ROLE": app_role_of(house),
            },
            cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=HOUSE_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            say(f"{house}: {done.stdout}{done.stderr}".strip())
            return False
    say(f"{house}: at head, without drift")
    return True


@contextmanager
def _throwaway_server() -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="forbear-check-"))
    folder.chmod(0o711)
    server = PostgresServer(folder, free_port())
    try:
        server.start()
        yield server
    finally:
        server.remove()
