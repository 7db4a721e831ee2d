"""How Forbear is put on machines: images, manifests, and everything one machine needs to run the whole system."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
