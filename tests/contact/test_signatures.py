"""Who signed a call: by a secret both sides hold, within five minutes, and word for word."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.contact.api.signatures import TOLERANCE_SECONDS, BadSecrets, Signatures
from shared.clock import wall
from shared.refusal import Refused
from tests.contact.signing import FOREIGN, NEW, OLD, signed, written


@pytest.fixture
def secrets(tmp_path) -> Path:
    file = tmp_path / "sandbox.secrets"
    file.write_text(f"{written(OLD)}\n{written(NEW)}\n")
    return file


def is_let_in(signatures: Signatures, headers: dict[str, str], body: bytes = b"{}") -> bool:
    try:
        return signatures.check("sandbox", headers, body) == headers["webhook-id"]
    except Refused as refused:
        assert refused.refusal.code == "bad-signature"  # noqa: PT017  every other refusal is a mistake
        return False


LETTERS = {
    "signed now": ({}, True),
    "by the secret that comes next": ({"secret": NEW}, True),
    "by somebody else": ({"secret": FOREIGN}, False),
    "at the edge of five minutes": ({"ago": TOLERANCE_SECONDS - 1}, True),
    "longer than five minutes ago": ({"ago": TOLERANCE_SECONDS + 2}, False),
    "five minutes ahead": ({"ago": -TOLERANCE_SECONDS + 1}, True),
    "more than five minutes ahead": ({"ago": -TOLERANCE_SECONDS - 2}, False),
}


@pytest.mark.parametrize(("how", "expected"), LETTERS.values(), ids=LETTERS)
def test_who_is_let_in(secrets, how, expected):
    assert is_let_in(Signatures({"sandbox": secrets}), signed(b"{}", **how)) is expected


def other(**changed: str) -> dict[str, str]:
    return signed(b"{}") | changed


TAMPERED = {
    "another id": other(**{"webhook-id": "W2"}),
    "an id that could be read in two ways": signed(b"{}", "W1.1"),
    "no id": other(**{"webhook-id": ""}),
    "another time": other(**{"webhook-timestamp": str(int(wall().timestamp()) - 1)}),
    "a time that is none": other(**{"webhook-timestamp": "now"}),
    "a negative time": other(**{"webhook-timestamp": "-1"}),
    "no signature": other(**{"webhook-signature": ""}),
    "another version": other(**{"webhook-signature": "v1a,AAAA"}),
    "a signature that is no base64": other(**{"webhook-signature": "v1,%%%"}),
    "a signature cut short": other(**{"webhook-signature": signed(b"{}")["webhook-signature"][:-8]}),
    "no headers": {"webhook-id": ""},
}


@pytest.mark.parametrize("headers", TAMPERED.values(), ids=TAMPERED)
def test_what_was_changed_is_not_let_in(secrets, headers):
    assert not is_let_in(Signatures({"sandbox": secrets}), headers)


def test_another_body_is_not_let_in_and_one_good_signature_of_several_is_enough(secrets):
    signatures, headers = Signatures({"sandbox": secrets}), signed(b"{}")
    assert not is_let_in(signatures, headers, b"{ }")
    both = "v1,AAAA v2,x " + headers["webhook-signature"]
    assert is_let_in(signatures, headers | {"webhook-signature": both})


def test_secrets_rotate_without_a_restart_and_a_file_half_written_changes_nothing(secrets):
    signatures = Signatures({"sandbox": secrets})
    secrets.write_text(written(NEW))
    assert not is_let_in(signatures, signed(b"{}"))
    secrets.write_text("whsec_")
    assert is_let_in(signatures, signed(b"{}", secret=NEW))


def test_an_example_of_the_standard_is_signed_as_it_says(secrets, monkeypatch):
    """Source: the test vector of the reference libraries of Standard Webhooks."""
    secrets.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    monkeypatch.setattr("services.contact.api.signatures.wall", lambda: datetime.fromtimestamp(1614265330, UTC))
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert is_let_in(Signatures({"sandbox": secrets}), headers, b'{"test": 2432232314}')


BAD_FILES = {
    "nothing": "",
    "no prefix": base64.b64encode(OLD).decode(),
    "no base64": "whsec_%%", "too short": written(b"x" * 23),
    "too long": written(b"x" * 65), "nine of them": "\n".join([written(OLD)] * 9), "no ASCII": "whsec_密",
}  # fmt: skip


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES)
def test_secrets_that_cannot_be_used_stop_the_start(secrets, content):
    secrets.write_text(content)
    with pytest.raises(BadSecrets):
        Signatures({"sandbox": secrets})
