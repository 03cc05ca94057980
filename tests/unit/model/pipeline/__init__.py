"""Tests of pipelines: specs, journals, and what follows from them."""

from __future__ import annotations
