"""Tests of what runs pipelines."""

from __future__ import annotations
