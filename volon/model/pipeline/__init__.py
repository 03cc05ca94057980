"""Pipelines: what a spec says, what a run's journal says, and what follows from both; pure."""
