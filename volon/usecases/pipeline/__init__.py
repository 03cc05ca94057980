"""Pipelines: run, paused, resumed, and how they stand."""
