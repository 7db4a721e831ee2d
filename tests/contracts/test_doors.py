"""Every door of every house, walked: but for probes and signed webhooks, each asks for the scopes its page names."""

import re

import httpx
import pytest

from deploy.catalogue.doors import Door, applications, doors_of
from deploy.local.tokens import SCOPES, ensure_keys, make_token

SIGNED = ("POST", "/v1/webhooks/{provider}")
"""Providers sign what they tell and have no token: tests/contact/test_webhooks.py holds the door to its signatures."""
OPEN = {("GET", "/livez"), ("GET", "/readyz"), SIGNED}
SHARED = 22
HOUSES = ("ingest", "scoring", "contact", "feedback")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("houses")
    ensure_keys(path)
    return path


@pytest.fixture(scope="module")
def apps(folder):
    return applications(folder)


async def knock(app, door: Door, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://house") as client:
        return await client.request(door.method, re.sub(r"{\w+}", "1", door.path), headers=headers)


@pytest.mark.parametrize("house", HOUSES)
async def test_without_a_token_nothing_opens_but_the_probes_and_a_signed_word(apps, house):
    doors = list(doors_of(apps[house]))
    assert len(doors) >= SHARED
    for door in doors:
        if (door.method, door.path) not in OPEN:
            answer = await knock(apps[house], door)
            assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (401, "Bearer"), door


@pytest.mark.parametrize("house", HOUSES)
async def test_a_token_with_every_other_scope_does_not_open_a_door(apps, folder, house):
    for door in doors_of(apps[house]):
        others = [scope for scope in SCOPES if scope not in door.scopes]
        token = make_token(folder, others)
        if (door.method, door.path) not in OPEN:
            answer = await knock(apps[house], door, Authorization=f"Bearer {token}")
            assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing"), door


@pytest.mark.parametrize("house", HOUSES)
def test_every_scope_that_a_door_asks_for_is_in_the_operators_token(apps, house):
    for door in doors_of(apps[house]):
        assert set(door.scopes) <= set(SCOPES), door
        assert bool(door.scopes) != ((door.method, door.path) in OPEN), door


def test_a_door_that_cannot_name_its_scope_is_not_passed_over(apps, folder):
    app = applications(folder)["ingest"]
    app.mount("/files", lambda scope, receive, send: None)
    with pytest.raises(AssertionError):
        list(doors_of(app))
