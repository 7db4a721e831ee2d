"""The smallest migrations: one table with the clock, and a grant."""

import asyncio
import os
import sys

import asyncpg


async def main(arguments):
    owner = await asyncpg.connect(os.environ["FORBEAR_DATABASE_URL"].replace("+asyncpg", ""))
    await owner.execute("create table if not exists clock (now text)")
    await owner.execute(f'grant select on clock to "{os.environ["FORBEAR_APP_ROLE"]}"')
    if "--clock" in arguments:
        await owner.execute("insert into clock values ($1)", arguments[-1])
    await owner.close()
    if "--check" in arguments and arguments[0] == "contact":
        sys.exit("clock: a column is missing")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
