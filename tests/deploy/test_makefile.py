"""What the targets do, as make itself tells it."""

import subprocess

from deploy import ROOT


def told(target: str) -> str:
    return subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20
    ).stdout


def test_the_tidy_limits_are_part_of_every_check():
    assert "pytest --quiet tests/architecture" in told("check")
