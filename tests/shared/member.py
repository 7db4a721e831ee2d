"""One member of the toy hearer's consumer group, in a process of its own, so that it can be killed.

Run as `python -m tests.shared.member DATABASE_URL BOOTSTRAP TOPIC_SUFFIX SESSION_SECONDS`.
"""

import asyncio
import sys

from shared.consumer import KafkaConsumer
from shared.database import Database
from tests.shared.toy import hearer


async def main(url: str, bootstrap: str, suffix: str, session_seconds: str) -> None:
    house = hearer(Database.at(url, "member"))
    await KafkaConsumer(house, bootstrap, session_seconds=float(session_seconds), topic_suffix=suffix).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
