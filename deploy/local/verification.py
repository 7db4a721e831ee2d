"""Every house of a running profile told to verify itself, as it would be in production: by its own command."""

import json
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from deploy import ROOT
from deploy.local.databases import HOUSES
from deploy.local.plan import house_program
from deploy.local.processes import inherited_environment
from deploy.local.profile import Profile

AT_ONCE: Final = 2
HOUSE_SECONDS_MAX: Final = 3600
COUNTS: Final = ("subjects", "entries", "announcements", "decisions")


class CannotVerify(Exception):
    """A house could not compare anything; the text is the end of what it said."""


def verify_houses(profile: Profile) -> Mapping[str, Any]:
    """The reports of the four houses and what they add up to; the houses must be running. Raises: CannotVerify."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        reports = dict(zip(HOUSES, pool.map(partial(_verify, profile), HOUSES), strict=True))
    counts = {name: sum(report[name] for report in reports.values()) for name in COUNTS}
    return {**counts, "mismatches": sum(sum(one["found"].values()) for one in reports.values()), "houses": reports}


def _verify(profile: Profile, house: str) -> Mapping[str, Any]:
    program = house_program(profile, house)
    done = subprocess.run(
        (*program.argv, "verify"),
        env={**inherited_environment(), **program.environment},
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=HOUSE_SECONDS_MAX, check=False,
    )  # fmt: skip
    said = done.stdout.splitlines()
    try:
        report: Mapping[str, Any] = json.loads(said[-1])
    except (IndexError, ValueError):
        raise CannotVerify(f"{house} did not verify: {done.stderr.strip()[-500:]}") from None
    return report
