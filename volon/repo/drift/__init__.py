"""Drift: a recorded pause held against the repository as it is now."""
