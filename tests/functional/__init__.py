"""Tests that drive the command line on real git repositories."""
