"""Contact for tests: the whole house over real PostgreSQL, its providers real, its neighbours as a test wants them."""

import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg

from deploy.local.tokens import ensure_keys, jwks_file
from services.contact.app import build_house
from services.contact.consumers import HEARS
from services.contact.domain.borrower import Borrower, Contact, blank
from services.contact.gateways import Gateway
from services.contact.sender import Sender
from services.contact.settings import Settings
from services.contact.store.attempts import count_open
from services.contact.store.contexts import Desk
from services.contact.store.messages import Composer
from services.contact.store.rules import load_packs, load_strategy
from services.contact.store.sealing import Sealer
from services.contact.store.texts import load_texts
from services.contact.store.vault import KIND_OF_CHANNEL, put_entries, sealed_entry, wrapped_keys
from shared.codec import decode, encode
from shared.fold import House
from tests.harness import Databases, HouseDatabase
from tests.houses import Client, running

MASTER_KEY = base64.b64encode(bytes(range(32)))
NOBODY_THERE = "http://127.0.0.1:9"
ADDRESSES = {"sms": "+8613800004711", "email": "li.si@example.com"}
SHANGHAI = ZoneInfo("Asia/Shanghai")
TEXT = """---
version: "1"
approved: true
subject: About your payment
---
Dear {{ name }}, {{ lender }} reminds you of {{ amount }}.
"""


def write_master_key(folder: Path) -> Path:
    file = folder / "master.key"
    file.write_bytes(MASTER_KEY)
    return file


def write_templates(folder: Path) -> Path:
    templates = folder / "templates"
    templates.mkdir(exist_ok=True)
    (templates / "nudge.en.txt").write_text(TEXT)
    return templates


@asynccontextmanager
async def running_contact(
    databases: Databases, folder: Path, now: datetime | None = None, **settings: Any
) -> AsyncIterator[Client]:
    """Contact with its loops running; without neighbours nobody is heard out."""
    nobody = dict.fromkeys(HEARS, NOBODY_THERE)
    made = {"master_key_file": write_master_key(folder), "peers": nobody} | settings
    async with running(databases, folder, "contact", now=now, **made) as client:
        yield client


@dataclass
class Shop:
    """Contact without its loops: a test moves the sender itself, and looks at every table."""

    house: House[Any]
    composer: Composer
    sealer: Sealer
    database: HouseDatabase
    owner: Any
    numbers: Any = field(default_factory=lambda: count(1))

    def sender(self, gateways: Mapping[str, Gateway], database: Any = None) -> Sender:
        house = self.house if database is None else replace(self.house, database=database)
        return Sender(house, gateways, self.composer)

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        """What the owner of the tables sees."""
        rows: list[Any] = await self.owner.fetch(statement, *values)
        return rows

    async def reserve(self, channel: str = "sms", provider: str = "sandbox", **changed: Any) -> str:
        """An attempt as a reservation leaves it, its address in the vault; its id."""
        number = next(self.numbers)
        key = changed.pop("key", f"C{number}")
        async with self.house.database.begin() as connection:
            wrapped = (await wrapped_keys(connection, self.sealer, [key]))[key]
            entry = sealed_entry(self.sealer, wrapped, key, KIND_OF_CHANNEL[channel], ADDRESSES[channel])
            named = sealed_entry(self.sealer, wrapped, key, "name", "Li Si")
            await put_entries(connection, {key: [entry, named]})
        row = {
            "attempt_id": f"A{number:04}", "key": key, "contact_id": f"K{number}", "state": "reserved",
            "channel": channel, "provider": provider, "reference": str(uuid4()), "address_ref": str(entry.ref),
            "template": "nudge", "template_version": "1", "language": "en", "strategy": "default",
            "figures": json.dumps({"amount": "CNY 100.00"}).encode(), "look_ups": 0, "reported": True,
            "planned_on": datetime.now(UTC).date(),
        } | changed  # fmt: skip
        await self._remember(key, str(row["attempt_id"]), str(row["contact_id"]), channel)
        names = ", ".join(row)
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await self.sql(f"insert into attempts ({names}, reserved_at) values ({places}, now())", *row.values())
        return str(row["attempt_id"])

    async def _remember(self, key: str, attempt_id: str, contact_id: str, channel: str) -> None:
        """The borrower's state as the reservation leaves it: the slot is counted."""
        rows = await self.sql("select body from subjects where key = $1", key)
        borrower = decode(Borrower, rows[0]["body"]) if rows and rows[0]["body"] else blank(key)
        slot = Contact(datetime.now(UTC), channel, "reserved", contact_id=contact_id, attempt_id=attempt_id)
        body = encode(replace(borrower, contacts=(*borrower.contacts, slot)))
        await self.sql(
            "insert into subjects (key, said, heard, heard_ids, position, schema, body) "
            "values ($1, 0, '{0,0,0}', '{null,null,null}', 0, 1, $2) "
            "on conflict (key) do update set body = excluded.body, schema = 1", key, body,
        )  # fmt: skip

    async def attempt(self, attempt_id: str) -> Any:
        [row] = await self.sql("select * from attempts where attempt_id = $1", attempt_id)
        return row

    async def notes(self, key: str) -> list[tuple[str, dict[str, Any]]]:
        """What the borrower's story was told by the sender, in order."""
        rows = await self.sql("select body from journal where key = $1 and body is not null order by position", key)
        told = [json.loads(row["body"]) for row in rows]
        return [(name, body) for name, body in told if name.startswith("Note")]

    async def age(self, seconds: int = 60) -> None:
        """Let machine time pass for every lease, deadline and look-up."""
        await self.sql(
            "update attempts set sending_at = sending_at - make_interval(secs => $1), "
            "leased_until = leased_until - make_interval(secs => $1), look_at = look_at - make_interval(secs => $1)",
            float(seconds),
        )


@asynccontextmanager
async def open_shop(
    databases: Databases, folder: Path, database: HouseDatabase | None = None, **changed: Any
) -> AsyncIterator[Shop]:
    """A shop over *database*, by default one of its own; settings may be *changed*."""
    database = database or await databases.fresh("contact")
    ensure_keys(folder)
    made: dict[str, Any] = {
        "database_url": database.app_url, "jwks_file": jwks_file(folder), "jurisdiction": "CN",
        "master_key_file": write_master_key(folder), "templates": write_templates(folder),
    }  # fmt: skip
    settings = Settings(**made | changed)
    sealer, texts = Sealer(settings.master_key_file), load_texts(settings.templates)
    book = load_packs(settings.packs)
    desk = Desk(HEARS, book.packs, load_strategy(settings.strategy_file), texts.infos(), SHANGHAI)
    house = build_house(settings, desk, {}, {})
    owner = await asyncpg.connect(database.owner_dsn)
    yield Shop(house, Composer(sealer, texts, {"lender": settings.lender}), sealer, database, owner)
    await owner.close()
    await house.database.close()


async def taken(sandbox, mailbox) -> Counter[str]:
    """How often each reference reached a provider."""
    mails = [
        mail.content.decode(errors="replace").partition("Message-ID: <")[2].partition("@")[0] for mail in mailbox.mails
    ]
    return Counter([one["reference"] for one in await sandbox.recorded()] + mails)


async def settle_down(sender: Sender, rounds: int = 6) -> None:
    for _ in range(rounds):
        sender._tidied_at = -1e9
        await sender.work()
        await sender.finish()


async def open_attempts(shop: Shop) -> int:
    async with shop.house.database.begin() as connection:
        return await count_open(connection)
