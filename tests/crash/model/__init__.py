"""Harness H2: every legal state after a power cut, at every step of an operation and of its recovery."""
