"""Tests of volon.render."""
