"""Tests of what volon knows: records and rules. Property tests are named after the promise they check."""

from __future__ import annotations
