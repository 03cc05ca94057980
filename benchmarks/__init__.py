"""Measures volon, as installed from its wheel, against named baselines; `python -m benchmarks`."""
