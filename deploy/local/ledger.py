"""An append-only file of JSON lines: what was answered with success is on the disk."""

import json
import os
import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class Ledger:
    """Entries numbered from 1, found again by the field *index* or by being the latest; safe between threads."""

    def __init__(self, path: Path, index: str) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._syncing = threading.Lock()
        self._synced = 0
        self._offsets: list[int] = []
        self._by_value: defaultdict[str, list[int]] = defaultdict(list)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        self._read_back()

    def append(self, entry: Mapping[str, Any]) -> int:
        """Write *entry* down for good and return its number; those who write at once share one sync."""
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            offset = self._file.seek(0, os.SEEK_END)
            self._file.write(line)
            self._file.flush()
            number = self._note(offset, str(entry[self._index]))
        with self._syncing:
            if self._synced < number:
                written = len(self._offsets)
                os.fsync(self._file.fileno())
                self._synced = written
        return number

    def find(self, value: str | None, limit: int) -> list[tuple[int, Entry]]:
        """The latest *limit* entries, oldest first: those whose indexed field is *value*, or of all if that is None."""
        with self._lock:
            numbers = range(1, len(self._offsets) + 1) if value is None else self._by_value.get(value, [])
            return [(number, self._load(number)) for number in numbers[-limit:]]

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def _note(self, offset: int, value: str) -> int:
        self._offsets.append(offset)
        number = len(self._offsets)
        self._by_value[value].append(number)
        return number

    def _load(self, number: int) -> Entry:
        self._file.seek(self._offsets[number - 1])
        entry: Entry = json.loads(self._file.readline())
        return entry

    def _read_back(self) -> None:
        """Take in what an earlier run wrote; a last line cut short was never answered for, and goes."""
        offset = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            self._note(offset, str(json.loads(line)[self._index]))
            offset += len(line)
        self._file.truncate(offset)
