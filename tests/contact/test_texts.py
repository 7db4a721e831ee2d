"""Templates: read with their versions, rendered for one message in a sandbox, and looked at before they are used."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.contact.settings import HERE
from services.contact.store.fitness import check_texts, misfits
from services.contact.store.rules import load_packs, load_strategy
from services.contact.store.texts import BadTemplate, Texts, load_texts

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FIGURES = {
    "amounts": [{"amount": "100.00", "currency": "CNY"}, {"amount": "20.50", "currency": "USD"}],
    "due_on": "2026-10-01", "loans": 2, "lender": "Example Lender", "name": "Li Si",
}  # fmt: skip


def write(folder: Path, body: str, head: str = 'version: "1"\napproved: true', name: str = "nudge.en.txt") -> Path:
    (folder / name).write_text(f"---\n{head}\n---\n{body}")
    return folder


def shipped() -> Texts:
    return load_texts(HERE / "templates")


@pytest.mark.parametrize("key", sorted(shipped().by_name), ids=".".join)
def test_every_shipped_text_names_the_lender_and_every_figure(key):
    subject, body = shipped().by_name[key].render(FIGURES)
    assert "Example Lender" in subject + body
    assert all(words in body for words in ("Example Lender", "Li Si", "100.00 CNY", "20.50 USD", "2026-10-01"))


@pytest.mark.parametrize("key", sorted(shipped().by_name), ids=".".join)
def test_every_shipped_text_can_do_without_a_name(key):
    assert shipped().by_name[key].render(FIGURES | {"name": ""}) is not None


def test_every_template_of_the_strategy_is_there_in_both_languages():
    wanted = {rung.template for rung in load_strategy(HERE / "strategies" / "default.yaml").ladder}
    assert {(name, language) for name in wanted for language in ("zh-CN", "en")} <= set(shipped().by_name)


def test_a_text_is_found_in_the_language_asked_for_or_not_at_all(tmp_path):
    texts = load_texts(write(tmp_path, "Hello"))
    assert texts.find("nudge", "en") is not None
    assert texts.find("nudge", "zh-CN") is None
    assert texts.find("nudge", None) is None


ESCAPES = {
    "the class of a figure": "{{ lender.__class__.__mro__ }}",
    "a format string": "{{ '{0.__class__}'.format(lender) }}",
    "the globals of a function": "{{ cycler.__init__.__globals__ }}",
    "a figure that is missing": "{{ nothing }}",
    "a figure that is changed": "{{ amounts.append(1) }}",
    "a text without end": "{{ 'x' * 100000 }}",
    "nothing at all": "{# #}",
}


@pytest.mark.parametrize("body", ESCAPES.values(), ids=ESCAPES)
def test_a_text_that_reaches_for_more_than_its_figures_is_not_made(tmp_path, body):
    assert load_texts(write(tmp_path, body)).by_name["nudge", "en"].render(FIGURES) is None


def test_a_name_is_text_and_never_a_template(tmp_path):
    text = load_texts(write(tmp_path, "Hello {{ name }}")).by_name["nudge", "en"]
    assert text.render(FIGURES | {"name": "{{ lender }}"}) == ("", "Hello {{ lender }}")


def test_a_subject_stays_on_one_line_whatever_stands_in_it(tmp_path):
    text = load_texts(write(tmp_path, "Hello", 'version: "1"\nsubject: "For {{ name }}"')).by_name["nudge", "en"]
    assert text.render(FIGURES | {"name": "Li\r\nBcc: x@example.com"})[0] == "For Li Bcc: x@example.com"


def test_a_changed_word_changes_the_hash(tmp_path):
    first = load_texts(write(tmp_path, "Hello")).by_name["nudge", "en"].text_hash
    assert load_texts(write(tmp_path, "Hallo")).by_name["nudge", "en"].text_hash != first


BROKEN = {
    "no head": ("Hello", None),
    "no version": ("Hello", "approved: true"),
    "a field nobody knows": ("Hello", 'version: "1"\nsurprise: 1'),
    "a head that is no YAML": ("Hello", "version: ["),
    "a text that is no template": ("{% if %}", 'version: "1"'),
}


@pytest.mark.parametrize(("body", "head"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_stops_the_start_by_name(tmp_path, body, head):
    if head is None:
        (tmp_path / "nudge.en.txt").write_text(body)
    else:
        write(tmp_path, body, head)
    with pytest.raises(BadTemplate, match=r"nudge\.en\.txt"):
        load_texts(tmp_path)


def test_a_text_is_approved_only_where_that_is_said_plainly(tmp_path):
    for head, approved in (('version: "1"', False), ('version: "1"\napproved: "yes"', False)):
        assert load_texts(write(tmp_path, "Hello", head)).infos()["nudge", "en"].approved is approved


def judged(texts: Texts):
    packs, strategy = load_packs(HERE / "packs").packs, load_strategy(HERE / "strategies" / "default.yaml")
    return packs, strategy, list(misfits(texts, packs, strategy, NOW))


def test_no_shipped_text_says_what_a_pack_forbids():
    _, _, found = judged(shipped())
    assert [misfit for misfit in found if not misfit.missing] == []
    assert {(misfit.channel, misfit.rule) for misfit in found} <= {("mail", "CN-CARD-69")}


def test_a_text_that_threatens_stops_the_start_by_name():
    text = shipped().by_name["gentle-reminder", "zh-CN"]
    packs, strategy, _ = judged(Texts([]))
    with pytest.raises(BadTemplate, match=r"gentle-reminder\.zh-CN by \w+: CN CN-CBA2026-redlines"):
        check_texts(Texts([replace(text, says=text.says | {"threat"})]), packs, strategy, NOW)


def test_a_text_that_nobody_approved_is_not_judged():
    text = shipped().by_name["gentle-reminder", "zh-CN"]
    assert judged(Texts([replace(text, says=frozenset({"threat"}), approved=False)]))[2] == []
