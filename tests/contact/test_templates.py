"""The texts that ship: each says who writes, why, how to pay, how to say I can't, how to dispute, how to stop."""

import pytest
import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.contact.borrowers import CONTACT, LANGUAGES, strategy

FILES = sorted((CONTACT / "templates").glob("*.txt"))
FIGURES = {
    "amounts": [{"amount": "1250.00", "currency": "CNY"}, {"amount": "7.50", "currency": "USD"}],
    "due_on": "2026-03-01",
    "loans": 2,
}
SAYS = {
    "en": ("This is Muster Bank.", "How to pay:", "reply HELP", "reply DISPUTE", "reply STOP", "2026-03-01"),
    "zh-CN": ("这里是Muster Bank", "如何还款：", "“困难”", "“异议”", "“退订”", "2026-03-01"),
}
HARSH = (
    "immediately",
    "final",
    "court",
    "lawyer",
    "police",
    "consequence",
    "立即",
    "最后",
    "法院",
    "律师",
    "后果",
    "警",
)


def rendered(path, **more) -> str:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    _, _, body = path.read_text(encoding="utf-8").removeprefix("---\n").partition("\n---\n")
    return environment.from_string(body).render(**FIGURES, lender="Muster Bank", name="", **more)


def test_every_step_has_its_text_in_every_language():
    needed = {(rung.template, language) for rung in strategy().ladder for language in LANGUAGES}
    assert needed == {tuple(path.name.removesuffix(".txt").split(".", 1)) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_text_says_all_it_must_and_says_it_gently(path):
    text = rendered(path)
    language = path.name.split(".")[1]
    assert [part for part in SAYS[language] if part not in text] == []
    assert "1250.00 CNY" in text
    assert "7.50 USD" in text
    assert [word for word in HARSH if word in text.lower()] == []
    assert "!" not in text
    assert "！" not in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_text_gives_the_links_there_are(path):
    text = rendered(path, pay_link="https://pay.example/1", help_link="https://help.example/1")
    assert "https://pay.example/1" in text
    assert "https://help.example/1" in text


def test_a_formal_notice_waits_for_a_lawyer_before_it_is_approved():
    heads = {path.name: yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1]) for path in FILES}
    assert {name for name, head in heads.items() if not head["approved"]} == {
        "formal-notice.en.txt", "formal-notice.zh-CN.txt",
    }  # fmt: skip
