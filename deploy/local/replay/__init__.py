"""Replaying a portfolio through the four houses under a simulated clock: the main job of `make run`."""
