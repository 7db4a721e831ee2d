"""A step that needs a person: approved over HTTP by somebody who may, once, and written down with their name."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import yaml

from services.contact.settings import HERE
from shared.fold import Applied, Heard, Request, apply
from tests.contact.borrowers import assessed, default_data, late, opened, paid, profile
from tests.contact.desk import Shop, open_shop, running_contact
from tests.harness import Databases
from tests.houses import Client

pytestmark = pytest.mark.postgres
NOW = datetime(2026, 3, 5, 2, tzinfo=UTC)


@dataclass
class Street:
    """Contact running, and a way to tell it facts."""

    contact: Client
    shop: Shop

    async def hears(self, *facts: object) -> None:
        for fact in facts:
            [outcome] = await apply(self.shop.house, [Heard("C1", fact, Request("tests"))])
            assert isinstance(outcome, Applied), outcome

    async def said(self) -> list[tuple[str, dict]]:
        items = (await self.contact.get("/v1/customers/C1/events"))["items"]
        return [(item["type"], json.loads(item["data"])) for item in items]

    async def withheld(self) -> str:
        """A late borrower whose first step needs a person; the contact that waits."""
        await self.hears(opened(), profile(), assessed(90, 10), late("03-05", "03-01"))
        [event] = [data for name, data in await self.said() if name == "ContactWithheld"]
        assert event["decision"]["rule"] == "HOUSE-approval"
        return str(event["contact_id"])

    async def approve(self, contact_id: str, **headers: str):
        return await self.contact.http.post(f"/v1/contacts/{contact_id}/approval", headers=headers)


def personal() -> dict:
    """The strategy that ships; whoever can pay and keeps breaking promises is written to once a person agrees."""
    data = default_data()
    gentle = next(rung for rung in data["ladder"] if rung["name"] == "gentle-reminder")
    data["ladder"].insert(2, gentle | {"name": "personal-word", "needs_approval": True})
    data["treatments"].append({"name": "personal", "steps": ["personal-word"]})
    data["choices"].insert(0, {"ability": ["high"], "willingness": ["low"], "treatment": "personal"})
    return data


@pytest.fixture
async def street(databases: Databases, tmp_path) -> AsyncIterator[Street]:
    file = tmp_path / "personal.yaml"
    file.write_text(yaml.safe_dump(personal()))
    async with (
        running_contact(databases, tmp_path, NOW, strategy_file=file) as contact,
        open_shop(
            databases, tmp_path, contact.database,
            strategy_file=file, clock="simulated", templates=HERE / "templates",
        ) as shop,
    ):  # fmt: skip
        yield Street(contact, shop)


async def test_an_approved_step_is_planned_and_tells_who_let_it_go_ahead(street):
    contact_id = await street.withheld()
    answer = await street.approve(contact_id)
    assert answer.status_code == 200, answer.text
    approval = answer.json()
    assert (approval["contact_id"], approval["customer_id"], approval["step"], approval["approved_by"]) == (
        contact_id, "C1", "personal-word", "person:tests",
    )  # fmt: skip
    name, planned = (await street.said())[-1]
    assert (name, planned["step"], planned["approved_by"]) == ("ContactPlanned", "personal-word", "person:tests")
    [row] = await street.shop.sql("select approved_by, step from approvals")
    assert tuple(row) == ("person:tests", "personal-word")


async def test_an_approval_given_again_is_answered_as_the_first_and_changes_nothing(street):
    contact_id = await street.withheld()
    once = {"Idempotency-Key": "once"}
    answers = [await street.approve(contact_id, **headers) for headers in (once, once, {}, {})]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.text for answer in answers}) == 1
    assert [name for name, _ in await street.said()].count("ContactPlanned") == 1


async def test_the_same_key_for_another_contact_is_refused(street):
    contact_id = await street.withheld()
    hold = {"customer_id": "C1", "kind": "regulator"}
    assert (await street.contact.post("/v1/holds", hold, **{"Idempotency-Key": "once"})).status_code == 201
    answer = await street.approve(contact_id, **{"Idempotency-Key": "once"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_contact_that_nobody_withheld_cannot_be_approved(street):
    answer = await street.approve("K-none")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_a_contact_that_waits_no_more_cannot_be_approved(street):
    contact_id = await street.withheld()
    await street.hears(paid("03-05"), late("03-05", None, "0.00", "current"), late("03-08", "03-07"))
    answer = await street.approve(contact_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "not-for-approval")
    assert await street.shop.sql("select * from approvals") == []


async def test_who_may_write_contacts_may_not_approve_them(street):
    contact_id = await street.withheld()
    for headers in (street.contact.bearer("contacts:write"), street.contact.bearer("contacts:approve")):
        answer = await street.approve(contact_id, **headers)
    assert answer.status_code == 200
    refused = await street.approve(contact_id, **street.contact.bearer("contacts:write"))
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")


async def test_the_documentation_shows_every_answer(street):
    route = street.contact.app.openapi()["paths"]["/v1/contacts/{contact_id}/approval"]["post"]
    shown = {status: next(iter(answer["content"].values())) for status, answer in route["responses"].items()}
    assert {"200", "404", "409"} <= {status for status, content in shown.items() if "example" in content}
