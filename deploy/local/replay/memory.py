"""The peak memory of each process, as the kernel knows it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def peak_megabytes(processes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The most that each process (not its children) has ever held, in MiB; without those that do not run."""
    found = {str(one["name"]): _peak(one["pid"]) for one in processes if one["pid"]}
    return {name: peak for name, peak in found.items() if peak is not None}


def _peak(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")), None)
