"""Who signed a call: HMAC-SHA256 over its id, time and body, under a secret that both sides hold.

Source: Standard Webhooks 1.0.0, https://github.com/standard-webhooks/standard-webhooks (symmetric signatures, `v1`).
"""

import base64
import hmac
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from shared.clock import wall
from shared.refusal import Refused, refuse

TOLERANCE_SECONDS: Final = 300
SECRET_BYTES_MIN, SECRET_BYTES_MAX = 24, 64
SECRETS_MAX: Final = 8
SIGNATURES_MAX: Final = 16
PREFIX: Final = "whsec_"
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SECONDS: Final = re.compile(r"[0-9]{1,12}")

log = logging.getLogger("forbear.webhooks")


class BadSecrets(RuntimeError):
    """A file of webhook secrets that cannot be used: the house does not start."""


class Signatures:
    """Checks signatures by the secrets of each provider; a file is read again for every call, so that they can rotate.

    A file holds one to eight secrets, one a line: `whsec_` and 24 to 64 random bytes in base64. Raises: BadSecrets.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._known = {provider: _secrets_in(file) for provider, file in files.items()}

    def check(self, provider: str, headers: Mapping[str, str], body: bytes) -> str:
        """The id of a call that *provider* signed no longer than five minutes ago. Raises: Refused."""
        if provider not in self._files:
            raise refuse("not-found", "no such provider calls here")
        id_, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not _ID.fullmatch(id_) or not _SECONDS.fullmatch(sent_at):
            raise _unsigned()
        if abs(wall().timestamp() - int(sent_at)) > TOLERANCE_SECONDS:
            raise _unsigned()
        content = f"{id_}.{sent_at}.".encode() + body
        due = [hmac.digest(secret, content, "sha256") for secret in self._secrets(provider)]
        given = list(_signatures_in(headers.get("webhook-signature", "")))
        if not any(hmac.compare_digest(one, other) for one in due for other in given):
            raise _unsigned()
        return id_

    def _secrets(self, provider: str) -> list[bytes]:
        """The secrets as they stand; a file half written leaves those read before in force."""
        try:
            self._known[provider] = _secrets_in(self._files[provider])
        except BadSecrets:
            log.error("the secrets cannot be read, those read before stay in force")
        return self._known[provider]


def _unsigned() -> Refused:
    """One answer for all that is wrong with a signature: whoever forges one learns nothing from it."""
    return refuse("bad-signature", "the call is not signed, or not by who it should be, or too long ago")


def _signatures_in(header: str) -> Iterator[bytes]:
    for part in header.split(" ")[:SIGNATURES_MAX]:
        version, _, digest = part.partition(",")
        if version == "v1":
            try:
                yield base64.b64decode(digest, validate=True)
            except ValueError:
                continue


def _secrets_in(file: Path) -> list[bytes]:
    try:
        lines = [line.strip() for line in file.read_text(encoding="ascii").splitlines() if line.strip()]
        secrets = [base64.b64decode(line.removeprefix(PREFIX), validate=True) for line in lines]
    except (OSError, ValueError) as error:
        raise BadSecrets(f"the secrets in {file.name} cannot be read") from error
    if not 0 < len(secrets) <= SECRETS_MAX or not all(
        line.startswith(PREFIX) and SECRET_BYTES_MIN <= len(secret) <= SECRET_BYTES_MAX
        for line, secret in zip(lines, secrets, strict=True)
    ):
        raise BadSecrets(f"{file.name} does not hold 1 to {SECRETS_MAX} secrets of {SECRET_BYTES_MIN} bytes or more")
    return secrets
