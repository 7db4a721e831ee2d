"""Spin at work: a model made into a verifier, run to its end, and the shortest way to what went wrong."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

MODELS: Final = Path(__file__).parent
TOOLS: Final = ("spin", "gcc", "nice")
SECONDS_MAX: Final = 1200
MEGABYTES_MAX: Final = 6000
DEPTH_MAX: Final = 1_000_000

GENTLY: Final = ("nice", "-n", "19")
COMPILE: Final = ("gcc", "-O2", "-w", "-DVECTORSZ=1024", f"-DMEMLIM={MEGABYTES_MAX}", "-o", "pan", "pan.c")
EXHAUSTIVE: Final = ("-DSAFETY", "-DNOCLAIM", "-DCOLLAPSE")
SHORTEST: Final = ("-DSAFETY", "-DNOCLAIM", "-DBFS")
FAIR: Final = ("-DNFAIR=3", "-DCOLLAPSE")
NOISE: Final = ("spin:", "#", "ltl ", "Never claim", "<<<<<", "never")


class CannotCheck(Exception):
    """The check did not come to its end: nothing is known."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a search found; `broken` is the property that does not hold, `trace` the way there."""

    broken: str | None
    states: int
    seconds: float
    megabytes: float
    trace: tuple[str, ...]


def missing_tools() -> list[str]:
    """What is not installed here and is needed."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def verify(file: str, bounds: Mapping[str, int], without: Sequence[str], *, fairly: bool, shortest: bool) -> Verdict:
    """Search *file* within *bounds* with the guards *without* taken away; the *shortest* way is sought breadth first.

    Raises: CannotCheck.
    """
    defines = [f"-D{name}={value}" for name, value in bounds.items()] + [f"-D{guard}" for guard in without]
    if fairly:
        defines.append("-DFAIRLY")
    with TemporaryDirectory(prefix="forbear-model-") as name:
        folder = Path(name)
        for model in MODELS.glob("*.pml"):
            shutil.copy(model, folder)
        _run(folder, "spin", *defines, "-a", file)
        _run(folder, *COMPILE, *(FAIR if fairly else SHORTEST if shortest else EXHAUSTIVE))
        report = _run(folder, "./pan", "-n", f"-m{DEPTH_MAX}", *(("-a", "-f") if fairly else ("-E",)))
        return _judged(folder, file, defines, report)


def _run(folder: Path, *command: str) -> str:
    try:
        done = subprocess.run(
            [*GENTLY, *command], cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CannotCheck(f"{command[0]} took longer than {SECONDS_MAX} s") from error
    if done.returncode != 0 and command[0] != "./pan":
        raise CannotCheck(f"{command[0]} failed: {(done.stdout + done.stderr).strip()[-500:]}")
    return done.stdout


def _judged(folder: Path, file: str, defines: Sequence[str], report: str) -> Verdict:
    errors = re.search(r"errors: (\d+)", report)
    if errors is None or ("Search not completed" in report and errors[1] == "0") or "max search depth" in report:
        raise CannotCheck(f"the search was cut short: {report.strip()[:500]}")
    trace = _trace(folder, file, defines) if errors[1] != "0" else ()
    return Verdict(
        broken=_broken(report, trace) if trace else None,
        states=int(_number(r"(\d+(?:\.\d+e\+\d+)?) states, stored", report)),
        seconds=_number(r"elapsed time (\S+) seconds", report),
        megabytes=_number(r"(\S+)\s+total actual memory usage", report),
        trace=tuple(line for line in trace if not line.startswith("!! ")),
    )


def _broken(report: str, trace: Sequence[str]) -> str:
    named = [line.removeprefix("!! ") for line in trace if line.startswith("!! ")]
    if named:
        return named[0]
    if "acceptance cycle" in report:
        return "heard"
    raise CannotCheck(f"an error that is no property: {report.strip()[:500]}")


def _trace(folder: Path, file: str, defines: Sequence[str]) -> list[str]:
    """What the model told on its way, a line a step."""
    told = _run(folder, "spin", *defines, "-t", "-B", "-T", file)
    lines = [line.strip() for line in told.splitlines()]
    return [line for line in lines if line and not line.startswith(NOISE)]


def _number(pattern: str, report: str) -> float:
    found = re.search(pattern, report)
    return float(found[1]) if found else 0.0
