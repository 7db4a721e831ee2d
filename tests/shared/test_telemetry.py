"""Logs say what the code says, with allowed fields only; what a caller sent has no way in."""

import asyncio
import gc
import io
import json
import logging

import pytest

from shared.telemetry import ALLOWED, REPEATS_PER_SECOND_MAX, FewRepeats, JsonLines, set_up_logs, trace_of

SECRET = "Wang Xiaoming 13800138000"


@pytest.fixture
def lines():
    """Whatever is logged, as it would be written."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    written = io.StringIO()
    set_up_logs("ingest")
    root.handlers[0].setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)


def test_a_field_that_is_not_allowed_is_left_out(lines):
    logging.getLogger("forbear.test").info("payment told", extra={"count": 3, "customer_name": SECRET})
    (line,) = lines()
    assert (line["message"], line["count"], line["house"]) == ("payment told", 3, "ingest")
    assert set(line) <= {"at", "house", "level", "logger", "message"} | ALLOWED


def test_an_exception_is_named_and_placed_and_never_quoted(lines):
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("forbear.test").exception("decide failed")
    (line,) = lines()
    assert (line["exception"], SECRET in json.dumps(line, ensure_ascii=False)) == ("ValueError", False)
    assert line["where"]


def test_the_arguments_of_a_library_s_message_are_not_shown(lines):
    logging.getLogger("library").error("cannot read %s", SECRET)
    assert [line["message"] for line in lines()] == ["cannot read %s"]


async def test_a_task_that_nobody_awaited_tells_no_secret(lines):
    async def fail() -> None:
        raise ValueError(SECRET)

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    del task
    gc.collect()
    assert lines()
    assert SECRET not in json.dumps(lines(), ensure_ascii=False)


def test_a_chatty_library_says_the_same_thing_five_times_a_second():
    few, record = FewRepeats(), logging.makeLogRecord({"name": "aiokafka", "msg": "again", "created": 100.5})
    other = logging.makeLogRecord({"name": "aiokafka", "msg": "something else", "created": 100.6})
    assert sum(few.filter(record) for _ in range(1000)) == REPEATS_PER_SECOND_MAX
    assert few.filter(other)
    assert few.filter(logging.makeLogRecord({"name": "aiokafka", "msg": "again", "created": 101.0}))


def test_a_line_is_json_whatever_stands_in_it():
    record = logging.makeLogRecord({"name": "forbear", "msg": "line\nbreak \ud800", "error": object()})
    assert json.loads(JsonLines("ingest").format(record))["message"].startswith("line")


WELL_FORMED = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


@pytest.mark.parametrize("given", [None, "", "nonsense", WELL_FORMED + "\n", WELL_FORMED.upper(), "00-" + SECRET])
def test_a_trace_that_is_not_well_formed_is_replaced(given):
    assert trace_of(given) != given
    assert trace_of(WELL_FORMED) == WELL_FORMED
