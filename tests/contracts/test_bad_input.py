"""Every door that takes a body, of every house: a bad one is one problem, no echo and no row, and the next is taken."""

import logging

import pytest

from deploy.catalogue.doors import applications, doors_of
from deploy.local.tokens import ensure_keys
from shared.problems import MEDIA_TYPE
from tests.contact.signing import FOREIGN, signed
from tests.contracts.bads import MARK, SPOILT, UNREAD, VISITORS, encoded, unfit_for
from tests.contracts.goods import DOORS, GOODS, Good, posted
from tests.contracts.street import FourHouses
from tests.contracts.tokens import Tokens

pytestmark = pytest.mark.postgres

EVENTS = "POST /v1/events"
_, EVENT = DOORS[f"ingest {EVENTS}"]
WHOLE = {name: door for name, door in DOORS.items() if door[1] is not EVENT}
"""All doors but the one where each event is judged alone."""
OF_EVENTS = {"nothing but names nobody knows": "bad-value", "a name twice, the last a float": "bad-value"}
"""The attributes of an event are judged one by one: such a thing is no id, and such a thing no version."""
WITH_TOKENS = {name: door for name, door in DOORS.items() if not door[1].is_signed}


@pytest.fixture(scope="module")
def apps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("houses")
    ensure_keys(folder)
    return applications(folder)


def test_every_door_that_takes_a_body_is_in_the_table(apps):
    for house, app in apps.items():
        doors = {f"{door.method} {door.path}" for door in doors_of(app) if door.method in ("POST", "PUT", "PATCH")}
        assert doors == {good.door for good in GOODS[house]}


def check_problem(answer, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE), answer.text
    found = answer.json()
    assert (found["status"], found["code"], found["type"]) == (status, code, f"/problems/{code}")
    assert found["title"]
    assert found["detail"]
    check_silent(answer)


def check_silent(answer) -> None:
    told = answer.text + repr(answer.headers.raw)
    assert MARK not in told
    assert MARK.lower() not in told.lower()


def check_logs(caplog) -> None:
    assert MARK not in "".join(repr(vars(record)) for record in caplog.records)


async def see_it_work(houses: FourHouses, house: str, good: Good) -> None:
    """A good request to the same door is taken."""
    for needed in (good.first, good):
        if needed is not None:
            answer = await houses.send(house, needed, encoded(needed.body(next(houses.numbers))))
            assert answer.status_code == needed.status, answer.text
            assert needed.code is None or answer.json()["code"] == needed.code


async def refuse_each(houses: FourHouses, house: str, good: Good, bads, caplog) -> None:
    """Send each of *bads*, see each refused and nothing kept, and then a good one taken."""
    caplog.set_level(logging.DEBUG, "forbear")
    await see_it_work(houses, house, good)
    before = await houses.rows(house)
    for name, bad in bads.items():
        answer = await houses.send(house, good, bad.spoil(encoded(good.body(next(houses.numbers)))))
        try:
            check_problem(answer, bad.status, bad.code)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None
    assert await houses.left(house, before) == {}
    check_logs(caplog)
    await see_it_work(houses, house, good)


@pytest.mark.parametrize(("house", "good"), DOORS.values(), ids=DOORS)
async def test_a_body_that_cannot_be_read_is_one_problem_at_every_door(houses, house, good, caplog):
    await refuse_each(houses, house, good, UNREAD if good is EVENT else {**UNREAD, **SPOILT}, caplog)


@pytest.mark.parametrize(("house", "good"), WHOLE.values(), ids=WHOLE)
async def test_what_no_type_of_ours_can_want_is_one_problem_at_every_door(houses, house, good, caplog):
    await refuse_each(houses, house, good, unfit_for(good), caplog)


@pytest.mark.parametrize(("house", "good"), WITH_TOKENS.values(), ids=WITH_TOKENS)
async def test_a_token_that_is_not_good_opens_no_door(houses, house, good, apps, caplog):
    caplog.set_level(logging.DEBUG, "forbear")
    tokens = Tokens(houses.clients[house].keys)
    scopes = next(door.scopes for door in doors_of(apps[house]) if f"{door.method} {door.path}" == good.door)
    before = await houses.rows(house)
    for name, visitor in VISITORS.items():
        header = visitor.header(tokens, good, scopes)
        body = encoded(good.body(next(houses.numbers)))
        answer = await houses.send(house, good, body, Authorization=header or "")
        check_problem(answer, visitor.status, visitor.code)
        assert (answer.headers.get("WWW-Authenticate") == "Bearer") == (visitor.status == 401), name
    assert await houses.left(house, before) == {}
    check_logs(caplog)
    await see_it_work(houses, house, good)


IN_EVENTS = {**unfit_for(EVENT), **SPOILT}


@pytest.mark.parametrize("name", IN_EVENTS)
async def test_an_event_that_no_type_of_ours_can_want_costs_its_neighbours_nothing(houses, name, caplog):
    bad = IN_EVENTS[name]
    caplog.set_level(logging.DEBUG, "forbear")
    before = await houses.rows("ingest")
    first, spoilt, last = (encoded(posted(next(houses.numbers))) for _ in range(3))
    parts = [first, bad.spoil(spoilt), last]
    answer = await houses.send("ingest", EVENT, b"[" + b", ".join(parts) + b"]")
    receipt = answer.json()
    assert (answer.status_code, receipt["accepted"], receipt["rejected"]) == (202, 2, 1), answer.text
    (item,) = receipt["items"]
    assert (item["index"], item["verdict"], item["reason"]) == (1, "rejected", OF_EVENTS.get(name, bad.code))
    check_silent(answer)
    check_logs(caplog)
    assert (await houses.rows("ingest"))["facts"] == before["facts"] + 2


def unsigned(body: bytes) -> dict[str, str]:
    return {"webhook-id": "W1", "webhook-signature": f"v1,{MARK}"}


SIGNATURES = {
    "by nobody": unsigned,
    "by somebody else": lambda body: signed(body, secret=FOREIGN),
    "too long ago": lambda body: signed(body, ago=400),
    "for another body": lambda body: signed(body + b" "),
}


@pytest.mark.parametrize("sign", SIGNATURES.values(), ids=SIGNATURES)
async def test_a_receipt_that_is_not_well_signed_opens_nothing(houses, sign, caplog):
    house, good = DOORS["contact POST /v1/webhooks/{provider}"]
    caplog.set_level(logging.DEBUG, "forbear")
    before = await houses.rows(house)
    body = encoded(good.body(next(houses.numbers)))
    check_problem(await houses.send(house, good, body, Authorization="", **sign(body)), 401, "bad-signature")
    assert await houses.left(house, before) == {}
    check_logs(caplog)
    await see_it_work(houses, house, good)
