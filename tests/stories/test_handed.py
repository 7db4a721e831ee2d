"""The check that stories end with: a doubled, lost or invented message is seen, by text message and by mail."""

import json

import pytest

from tests.stories.handed import assert_handed_over_once, records_in


def attempt(name, provider, state="accepted", contact=None):
    return {"reference": name, "contact_id": contact or f"K-{name}", "provider": provider, "state": state}


def street(folder, *, more=(), texts=("a",), mails=("b",)):
    """What contact says, and what the two providers wrote down."""
    (folder / "sandbox.jsonl").write_text("".join(json.dumps({"reference": one}) + "\n" for one in texts))
    ids = [{"message_id": f"<{one}@lender.example>"} for one in mails]
    (folder / "inbox.jsonl").write_text("".join(json.dumps(one) + "\n" for one in ids))
    attempts = [attempt("a", "sandbox"), attempt("b", "smtp"), *more]
    return attempts, records_in(folder)


WELL = {
    "each accepted step once": {},
    "an unclear step that arrived": {"more": [attempt("c", "smtp", "unknown")], "mails": ("b", "c")},
    "an unclear step that did not": {"more": [attempt("c", "smtp", "unknown")]},
    "a refused step, and its contact by another way": {"more": [attempt("c", "smtp", "rejected", "K-a")]},
}
ILL = {
    "a mail twice": {"mails": ("b", "b")},
    "a text message twice": {"texts": ("a", "a")},
    "an accepted mail nowhere": {"more": [attempt("c", "smtp")]},
    "an accepted text message nowhere": {"more": [attempt("c", "sandbox")]},
    "an unclear mail twice": {"more": [attempt("c", "smtp", "unknown")], "mails": ("b", "c", "c")},
    "a refused mail that arrived": {"more": [attempt("c", "smtp", "rejected")], "mails": ("b", "c")},
    "one contact by two attempts": {"more": [attempt("c", "smtp", contact="K-a")], "mails": ("b", "c")},
    "one contact by an unclear attempt and another": {
        "more": [attempt("c", "smtp", "unknown", "K-a")], "mails": ("b", "c"),
    },
    "no mail at all": {"mails": ()},
}  # fmt: skip


@pytest.mark.parametrize("told", WELL.values(), ids=WELL)
def test_a_street_is_well_with(tmp_path, told):
    assert_handed_over_once(*street(tmp_path, **told))


@pytest.mark.parametrize("told", ILL.values(), ids=ILL)
def test_a_street_is_not_well_with(tmp_path, told):
    with pytest.raises(AssertionError):
        assert_handed_over_once(*street(tmp_path, **told))


def test_a_message_that_no_attempt_accounts_for_is_seen(tmp_path):
    attempts, records = street(tmp_path, mails=("b", "stranger"))
    with pytest.raises(KeyError, match="stranger"):
        assert_handed_over_once(attempts, records)
