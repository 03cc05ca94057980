"""Tests of volon.tui."""
