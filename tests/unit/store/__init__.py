"""Tests of `volon.store`."""
