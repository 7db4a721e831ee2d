"""The story that a run ends with: causes stand before what they led to, also inside one instant."""

import json
from random import Random

import pytest

from deploy.local.replay.story import in_order

AT = "2026-03-05T02:00:00Z"


def said(house: str, number: int, time: str = AT, **heard: int):
    return house, {"number": number, "time": time, "basis": json.dumps({"heard": heard, "versions": {}})}


STREET = [
    said("ingest", 1),
    said("scoring", 1, ingest=1, contact=0),
    said("contact", 1, ingest=1, scoring=1, feedback=0),
    said("contact", 2, ingest=1, scoring=1, feedback=0),
    said("feedback", 1, ingest=1, scoring=1, contact=2),
    said("contact", 3, ingest=1, scoring=1, feedback=1),
]


@pytest.mark.parametrize("seed", range(20))
def test_inside_one_instant_an_announcement_follows_what_its_house_had_heard(seed):
    shuffled = list(STREET)
    Random(seed).shuffle(shuffled)
    assert in_order(shuffled) == STREET


def test_an_answer_over_http_follows_the_contact_that_was_heard_though_nothing_names_it_as_its_cause():
    told = [said("feedback", 1, contact=1), said("contact", 1, feedback=0)]
    assert [house for house, _ in in_order(told)] == ["contact", "feedback"]


def test_earlier_business_time_comes_first():
    late, early = said("ingest", 1, "2026-03-06T00:00:00Z"), said("feedback", 1, "2026-03-05T00:00:00Z")
    assert in_order([late, early]) == [early, late]
