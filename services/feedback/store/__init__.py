"""Every query of feedback: what waits, what was promised, what may be judged, and the vault for free text."""
