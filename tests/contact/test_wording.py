"""A text says what its header states, as far as words can tell: when it is loaded, and when it is rendered."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.contact.settings import HERE
from services.contact.store.fitness import SAMPLE, check_texts, check_wording
from services.contact.store.rules import load_packs, load_strategy
from services.contact.store.texts import BadTemplate, load_texts
from services.contact.store.wording import misstated
from tests.contact.desk import open_shop, settle_down, taken, write_templates

FIGURES = {
    "amounts": [{"amount": "1250.00", "currency": "CNY"}],
    "lender": "Court & Reply Ltd",
    "name": "Stop 12345678",
}
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def text_of(folder: Path, says: str, body: str = "x", language: str = "en", name: str = "nudge"):
    head = f'version: "1"\napproved: true\nsays: [{says}]'
    (folder / f"{name}.{language}.txt").write_text(f"---\n{head}\n---\n{body}")
    return load_texts(folder).by_name[name, language]


WORDS = {
    "nothing, and nothing stated": ("en", "", "Hello.", set()),
    "an amount": ("en", "mentions_debt", "1250.00 CNY is open.", set()),
    "an amount that nobody stated": ("en", "", "1250.00 CNY is open.", {"mentions_debt"}),
    "a debt stated and not mentioned": ("en", "mentions_debt", "Hello.", {"mentions_debt"}),
    "a way out": ("en", "opt_out_included", "Send STOP.", set()),
    "a way out that is not there": ("en", "opt_out_included", "Hello.", {"opt_out_included"}),
    "a way out in Chinese": ("zh-CN", "opt_out_included, reply_request", "请回复“退订”。", set()),
    "a Chinese way out in English": ("en", "opt_out_included", "请回复“退订”。", {"opt_out_included"}),
    "a language we cannot read": ("fr", "opt_out_included", "Bonjour.", set()),
    "a link": ("en", "payment_link", "Pay at https://pay.example/1", set()),
    "a link in a language we cannot read": ("fr", "", "Ici: https://pay.example/1", {"payment_link"}),
    "a telephone number": ("en", "phone_number", "Our line: +86 (10) 8800-1234.", set()),
    "a telephone number that nobody stated": ("en", "", "Our line: 400 800 1234.", {"phone_number"}),
    "a date is no telephone number": ("en", "", "Since 2026-03-01.", set()),
    "an amount is no telephone number": ("en", "mentions_debt", "It is 1250.00 CNY.", set()),
    "a court": ("en", "", "See you in court.", {"threatens_suit"}),
    "a court in Chinese": ("zh-CN", "", "我们将向法院起诉。", {"threatens_suit"}),
    "the names of lender and borrower": ("en", "", "Stop 12345678, this is Court & Reply Ltd.", set()),
    "what no word can tell": ("en", "business_name, contact_details, threat", "Hello.", set()),
}


@pytest.mark.parametrize(("language", "says", "body", "expected"), WORDS.values(), ids=WORDS)
def test_words_and_header_agree_or_are_told_apart(tmp_path, language, says, body, expected):
    assert misstated(text_of(tmp_path, says, language=language), body, FIGURES) == expected


@pytest.mark.parametrize("key", sorted(load_texts(HERE / "templates").by_name), ids=".".join)
def test_every_shipped_text_says_what_its_header_states(key):
    text = load_texts(HERE / "templates").by_name[key]
    _, body = text.render(SAMPLE)
    assert misstated(text, body, SAMPLE) == set()
    assert misstated(text, f"{body} https://pay.example/1", SAMPLE) == {"payment_link"}


def test_an_approved_text_that_says_otherwise_than_its_header_stops_the_start_by_name(tmp_path):
    text_of(tmp_path, "opt_out_included", "You owe {{ amounts[0].amount }}.")
    packs, strategy = load_packs(HERE / "packs").packs, load_strategy(HERE / "strategies" / "default.yaml")
    with pytest.raises(BadTemplate, match=r"nudge\.en: .* differ in mentions_debt, opt_out_included"):
        check_texts(load_texts(tmp_path), packs, strategy, NOW)


def test_a_text_that_nobody_approved_yet_may_still_be_in_the_making(tmp_path):
    (tmp_path / "nudge.en.txt").write_text('---\nversion: "1"\nsays: [opt_out_included]\n---\nHello')
    check_wording(load_texts(tmp_path).by_name["nudge", "en"])


def test_a_word_that_no_rule_knows_stops_the_start(tmp_path):
    with pytest.raises(BadTemplate, match="no rule has a word"):
        text_of(tmp_path, "opt_out")


@pytest.mark.postgres
async def test_a_message_that_says_more_than_its_header_is_not_sent(databases, tmp_path, gateways, sandbox, mailbox):
    body = "Dear {{ name }}, {{ lender }} reminds you{% if link is defined %}: {{ link }}{% endif %}."
    text_of(write_templates(tmp_path), "", body, name="linked")
    async with open_shop(databases, tmp_path) as shop:
        known = (b"{}", b'{"link": "https://pay.example/1"}')
        ids = [await shop.reserve(template="linked", figures=figures) for figures in known]
        await settle_down(shop.sender(gateways), rounds=2)
        plain, linked = [await shop.attempt(attempt_id) for attempt_id in ids]
    assert plain["state"] == "accepted"
    assert (linked["state"], linked["reason"], linked["sending_at"]) == ("rejected", "text-misstated", None)
    assert (await taken(sandbox, mailbox))[linked["reference"]] == 0
