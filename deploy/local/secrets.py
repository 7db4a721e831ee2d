"""Files that only their owner may read: passwords and keys, made once, written whole."""

import base64
import json
import os
import secrets
import tempfile
from pathlib import Path


def write_private(path: Path, content: str | bytes) -> None:
    """Put *content* at *path*, readable by us alone, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    Path(fresh).replace(path)


class Passwords:
    """The password of each database role, drawn at random when first asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, role: str) -> str:
        """The password of *role*; safe inside a URL and inside SQL quotes."""
        known = self._read()
        if role not in known:
            known[role] = secrets.token_urlsafe(24)
            write_private(self._path, json.dumps(known, indent=2))
        return known[role]

    def _read(self) -> dict[str, str]:
        try:
            known: dict[str, str] = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        return known


def ensure_master_key(path: Path) -> None:
    """A file of 32 random bytes, base64, made if it is not there."""
    if not path.exists():
        write_private(path, base64.b64encode(secrets.token_bytes(32)))
