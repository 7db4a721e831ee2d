"""What may be known of a running house from outside: JSON logs with an allow-list, metrics, traces; no persons."""

import json
import logging
import re
import secrets
import sys
import traceback
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from shared.clock import wall

# Fields a log line may carry; anything else that is passed along is left out, so that personal data has no way in.
ALLOWED: Final = frozenset(
    {
        "act",
        "count",
        "duration_ms",
        "error",
        "house",
        "method",
        "operator",
        "parked_id",
        "partition",
        "port",
        "reason_code",
    }
    | {"route", "scope", "source", "status", "task", "topic", "trace", "type"}
)
_TRACEPARENT: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_CHATTY: Final = ("aiokafka", "httpx", "httpcore", "uvicorn.access", "asyncio")
REPEATS_PER_SECOND_MAX: Final = 5
FOREIGN_CHARACTERS_MAX: Final = 120

HEARD: Final = Counter("forbear_heard_total", "Pieces of work, by door and outcome", ["door", "outcome"])
PUBLISHED: Final = Counter("forbear_published_total", "Announcements acknowledged by the broker")
UNPUBLISHED: Final = Gauge("forbear_unpublished", "Announcements that are not published yet")
STOPPED: Final = Gauge("forbear_stopped", "Partitions and loops that hear no more for too much poison, until restart")
REQUESTS: Final = Histogram("forbear_http_request_seconds", "HTTP requests", ["method", "route", "status"])


class JsonLines(logging.Formatter):
    """One JSON object a line: the message as written in the code, the allowed fields, and where an error arose."""

    def __init__(self, house: str) -> None:
        super().__init__()
        self._house = house

    def format(self, record: logging.LogRecord) -> str:
        """The line for *record*; exception messages are left out, they may repeat what a caller sent."""
        line = {
            "at": wall().isoformat(timespec="milliseconds"),
            "house": self._house,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **{name: record.__dict__[name] for name in ALLOWED & record.__dict__.keys()},
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["where"] = [f"{frame.name}:{frame.lineno}" for frame in frames[-8:]]
        return json.dumps(line, ensure_ascii=False, default=str)


def _message(record: logging.LogRecord) -> str:
    """Our own messages are fixed texts; a library's is shown without its arguments, and only its first line."""
    message = str(record.msg)
    return message if record.name.startswith("forbear") else message.partition("\n")[0][:FOREIGN_CHARACTERS_MAX]


class FewRepeats(logging.Filter):
    """Lets a chatty library say the same thing five times a second, not thousands."""

    def __init__(self) -> None:
        super().__init__()
        self._second, self._seen = 0, dict[str, int]()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* is among the first of its kind in this second."""
        second = int(record.created)
        if second != self._second:
            self._second, self._seen = second, {}
        kind = f"{record.name}\n{record.msg}"
        self._seen[kind] = self._seen.get(kind, 0) + 1
        return self._seen[kind] <= REPEATS_PER_SECOND_MAX


def set_up_logs(house: str) -> None:
    """Write JSON lines to standard error; libraries that repeat themselves are limited."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(house))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    handler.addFilter(FewRepeats())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def trace_of(traceparent: str | None) -> str:
    """The W3C trace context to go on with: the caller's when well formed, otherwise a new one."""
    if traceparent and _TRACEPARENT.fullmatch(traceparent):
        return traceparent
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
