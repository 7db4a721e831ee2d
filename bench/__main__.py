"""`make bench`: every figure in one run beside what it is compared with; `PARTS=` chooses, `JSON=1` sums up."""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Final

from bench import consumer, day_close, ingest, planned, replay
from bench.summary import Figures, chosen_parts, summary_of
from deploy.local.kafka import KafkaUnavailable

Say = Callable[[str], None]
Part = Callable[[Say], Figures | None]

PARTS: Final[Mapping[str, Part]] = {
    "consumer": consumer.measure,
    "ingest": ingest.measure,
    "planned": planned.measure,
    "day_close": day_close.measure,
    "replay": replay.measure,
}


def main() -> int:
    """Run the chosen parts, one after the other, each on servers of its own."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is stopped then, too
    found: dict[str, Figures | None] = {}
    try:
        for part in chosen_parts(os.environ.get("PARTS", "")):
            _say(f"{part} …")
            found[part] = PARTS[part](lambda text: _say(f"  {text}"))
    except (ValueError, KafkaUnavailable) as reason:
        _say(str(reason))
        return 1
    except KeyboardInterrupt:
        _say("stopped")
        return 1
    summary = summary_of(found)
    print(json.dumps(summary, indent=None if os.environ.get("JSON") == "1" else 1))
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
