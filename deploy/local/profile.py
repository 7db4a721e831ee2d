"""The two ways the system runs on one machine: kept and on the system's clock, or emptied and on a simulated one."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from deploy import ROOT
from deploy.local.secrets import write_private
from deploy.local.topics import PARTITIONS

VAR = ROOT / "var"
KEYS = VAR / "keys"
SERVICE_PORTS = {"ingest": 8001, "scoring": 8002, "contact": 8003, "feedback": 8004}
OUTER_PORTS = {"sandbox": 8010, "smtp": 8025, "inbox": 8026}


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to run everything; *ports* has a key per listener.

    *clock_start* (RFC 3339) is the first instant of a simulated clock, None for the system's.
    *service* ({house} stands for its name) and *migrations* are the modules that a house's processes run.
    """

    name: str
    folder: Path
    ports: Mapping[str, int]
    keys: Path = KEYS
    clock_start: str | None = None
    jurisdiction: str = "CN"
    business_zone: str = "Asia/Shanghai"
    partitions: int = PARTITIONS
    broker: bool = True
    service: str = "services.{house}.app"
    migrations: str = "shared.migrations"
    up_seconds: float = 180.0

    @property
    def clock(self) -> Literal["system", "simulated"]:
        """Which clock the houses read."""
        return "system" if self.clock_start is None else "simulated"

    def log_of(self, name: str) -> Path:
        """Where the process *name* writes."""
        return self.folder / "logs" / f"{name}.log"

    def save(self) -> None:
        """Leave a copy in the folder, for the processes that are started there."""
        plain = {**asdict(self), "folder": str(self.folder), "keys": str(self.keys)}
        write_private(self.folder / "profile.json", json.dumps(plain, indent=2))


def load_profile(folder: Path) -> Profile:
    """The profile that `save` left in *folder*."""
    plain = json.loads((folder / "profile.json").read_text())
    return Profile(**{**plain, "folder": Path(plain["folder"]), "keys": Path(plain["keys"])})


UP = Profile(
    name="up",
    folder=VAR / "up",
    ports={"postgres": 5441, "kafka": 9191, "controller": 9192, **SERVICE_PORTS, **OUTER_PORTS},
)
RUN = Profile(
    name="run",
    folder=VAR / "run",
    ports={"postgres": 5442, "kafka": 9193, "controller": 9194, **SERVICE_PORTS, **OUTER_PORTS},
    clock_start="2025-01-01T00:00:00Z",
)
PROFILES = (UP, RUN)
