"""Tests of plans: what a READY.md says, what is compiled from it, and what is looked at."""

from __future__ import annotations
