"""Personal data at rest: AES-256-GCM under a key of each borrower's own, which a master key wraps.

Source: NIST SP 800-38D (GCM, random 96-bit nonces, far below 2^32 under any one key), RFC 5869 (HKDF).
"""

import base64
import hmac
import secrets
import unicodedata
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12

Kind = Literal["name", "phone", "email", "postal", "device"]


class BadMasterKey(RuntimeError):
    """The master key is missing, is not 32 bytes in base64, or is not the vault's: the house does not start."""


class Sealer:
    """Wraps data keys, derives blind indexes, seals and opens."""

    def __init__(self, master_key_file: Path) -> None:
        master = _read_master(master_key_file)
        self._wrapping = AESGCM(_derived(master, b"forbear wrapping 1"))
        self._blinding = _derived(master, b"forbear blinding 1")

    def new_wrapped_key(self, key: str) -> bytes:
        """A fresh data key for the borrower *key*, wrapped; it is only ever held in the clear while it is used."""
        return _seal(self._wrapping, secrets.token_bytes(KEY_BYTES), key.encode())

    def seal(self, wrapped: bytes, key: str, ref: UUID, value: str) -> bytes:
        """*value* so that only the borrower's data key opens it, and only in the place *ref*."""
        return _seal(self._cipher(wrapped, key), value.encode(), _place(key, ref))

    def open(self, wrapped: bytes, key: str, ref: UUID, sealed: bytes) -> str:
        """The value that was sealed. Raises: InvalidTag when it was not sealed here, or was tampered with."""
        return _open(self._cipher(wrapped, key), sealed, _place(key, ref)).decode()

    def blind(self, kind: Kind, value: str) -> bytes:
        """The same for equal values, and telling nothing without the master key."""
        return hmac.digest(self._blinding, f"{kind}\n{normalised(kind, value)}".encode(), "sha256")

    def ref_of(self, key: str, kind: Kind, value: str) -> UUID:
        """The reference of *value* of the borrower *key*: the same whenever it is stated, never the same for two."""
        material = f"ref\n{len(key)}:{key}\n{kind}\n{normalised(kind, value)}".encode()
        digest = bytearray(hmac.digest(self._blinding, material, "sha256")[:16])
        digest[6] = digest[6] & 0x0F | 0x80  # RFC 9562: version 8, custom
        digest[8] = digest[8] & 0x3F | 0x80
        return UUID(bytes=bytes(digest))

    def digest(self, value: bytes) -> bytes:
        """A digest of *value* that nobody can compare with guesses without the master key."""
        return hmac.digest(self._blinding, b"digest\n" + value, "sha256")

    @property
    def fingerprint(self) -> bytes:
        """By which the master key is known again."""
        return hmac.digest(self._blinding, b"fingerprint", "sha256")

    def _cipher(self, wrapped: bytes, key: str) -> AESGCM:
        return AESGCM(_open(self._wrapping, wrapped, key.encode()))


def normalised(kind: Kind, value: str) -> str:
    """*value* in the spelling by which two of a kind are compared."""
    text = unicodedata.normalize("NFKC", value).strip()
    if kind == "phone":
        return "".join(character for character in text if character.isdigit() or character == "+")
    return " ".join(text.casefold().split())


def masked(kind: Kind, value: str) -> str:
    """What may be shown of *value* to those who need not know it."""
    if kind == "email":
        local, _, domain = value.partition("@")
        return f"{local[:1]}***@{domain[:1]}***"
    if kind == "phone":
        return f"***{value[-2:]}"
    return f"{value[:1]}**" if kind == "name" else "***"


def _read_master(file: Path) -> bytes:
    try:
        master = base64.b64decode(file.read_text().strip(), validate=True)
    except (OSError, ValueError) as error:
        raise BadMasterKey("the master key file cannot be read as base64") from error
    if len(master) != KEY_BYTES:
        raise BadMasterKey(f"the master key is not {KEY_BYTES} bytes")
    return master


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(master)


def _place(key: str, ref: UUID) -> bytes:
    return sha256(f"{len(key)}:{key}\n{ref}".encode()).digest()


def _seal(cipher: AESGCM, value: bytes, place: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, value, place)


def _open(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    if len(sealed) <= NONCE_BYTES:
        raise InvalidTag
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)


__all__ = ["BadMasterKey", "InvalidTag", "Kind", "Sealer", "masked", "normalised"]
