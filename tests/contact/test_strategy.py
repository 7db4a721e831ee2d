"""A strategy as data: what is understood, and what is refused because it would skip a milder step."""

from copy import deepcopy
from decimal import Decimal

import pytest

from services.contact.domain.strategy import Strategy, parse_strategy
from shared.refusal import Refusal
from tests.contact.borrowers import default_data, strategy


def changed(*path_and_value):
    """The strategy that ships, with one value changed; None takes it away."""
    data = deepcopy(default_data())
    *path, last, value = path_and_value
    where = data
    for step in path:
        where = where[step]
    where[last] = value
    return data


def test_the_strategy_that_ships_is_understood():
    assert isinstance(parse_strategy(default_data()), Strategy)


REFUSED = {
    "no object": ([], "bad-shape", ""),
    "an unknown field": (changed("colour", "red"), "unknown-field", ""),
    "no version": (changed("version", None), "missing-field", "/version"),
    "a cost that is a number": (changed("ways", 0, "cost", {"CNY": 0.01}), "bad-shape", "/ways/0/cost"),
    "a cost in no currency": (changed("ways", 0, "cost", {"XXX": "1.00"}), "bad-number", "/ways/0/cost"),
    "a cost finer than the currency": (changed("ways", 0, "cost", {"CNY": "0.001"}), "bad-number", "/ways/0/cost"),
    "two steps of one name": (changed("ladder", 1, "name", "before-due"), "repeated-step", "/ladder"),
    "a step in a stage nobody knows": (changed("ladder", 1, "stage", "doom"), "bad-order", "/ladder"),
    "a harsh step before a mild one": (changed("ladder", 1, "stage", "late"), "bad-order", "/ladder"),
    "a step by a channel without a cost": (changed("ladder", 1, "channels", ["phone"]), "unknown-word", "/ladder"),
    "a treatment called hold": (changed("treatments", 1, "name", "hold"), "repeated-treatment", "/treatments"),
    "steps in another order": (
        changed("treatments", 2, "steps", ["second-reminder", "gentle-reminder"]),
        "bad-order",
        "/treatments/2/steps",
    ),
    "a notice without the milder steps": (
        changed("treatments", 6, "steps", ["formal-notice"]),
        "milder-step-left-out",
        "/treatments/6/steps",
    ),
    "a notice that leaves out the middle": (
        changed("treatments", 6, "steps", ["gentle-reminder", "formal-notice"]),
        "milder-step-left-out",
        "/treatments/6/steps",
    ),
    "a reminder before due among the late steps": (
        changed("treatments", 1, "steps", ["before-due", "gentle-reminder"]),
        "milder-step-left-out",
        "/treatments/1/steps",
    ),
    "no choice for everybody else": (changed("choices", -1, "ability", ["high"]), "no-default", "/choices"),
    "a choice nobody can make": (changed("choices", 0, "treatment", "doom"), "unknown-word", "/choices/0"),
    "harsh by default": (changed("choices", -1, "treatment", "firm"), "harsh-by-default", "/choices/6"),
    "harsh for whoever is unknown": (
        changed("choices", 4, "ability", ["high", "unknown"]),
        "harsh-by-default",
        "/choices/4",
    ),
    "harsh on one axis alone": (changed("choices", 4, "ability", None), "harsh-by-default", "/choices/4"),
    "a chance that is no probability": (changed("choices", 3, "cure_min", "1.01"), "bad-number", "/choices/3/cure_min"),
    "a treatment before due that is late": (
        changed("before_due", "reminders"),
        "milder-step-left-out",
        "/treatments/0/steps",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "code", "pointer"), REFUSED.values(), ids=REFUSED)
def test_a_strategy_is_refused_for(data, code, pointer):
    refusal = parse_strategy(data)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.pointers) == (code, (pointer,))


BANDS = {
    "nothing known": (None, "unknown"),
    "just low": (39, "low"),
    "just medium": (40, "medium"),
    "medium still": (59, "medium"),
    "just high": (60, "high"),
}


@pytest.mark.parametrize(("score", "band"), BANDS.values(), ids=BANDS)
def test_a_score_is_read_as(score, band):
    assert strategy().band(score) == band


def test_a_stage_nobody_knows_counts_as_the_mildest_that_is_late():
    assert strategy().rank("doom") == strategy().rank(None) == strategy().rank("early") == 1


def test_the_cheapest_way_comes_first_and_without_a_cost_the_order_written_down():
    rung = strategy().rung("ways-forward")
    assert [way.channel for way in strategy().ways_of(rung, "CNY")] == ["email", "sms", "mail"]
    dear = parse_strategy(changed("ways", 0, "cost", {"CNY": "9.00"}))
    assert [way.channel for way in dear.ways_of(rung, "CNY")] == ["sms", "mail", "email"]
    assert [way.channel for way in dear.ways_of(rung, "KWD")] == ["email", "sms", "mail"]
    assert dear.ways[0].cost["CNY"] == Decimal("9.00")
