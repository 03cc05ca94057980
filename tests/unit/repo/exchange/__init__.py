"""Tests of volon.repo.exchange, on real repositories."""

from __future__ import annotations
