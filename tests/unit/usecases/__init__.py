"""Tests of volon.usecases that need no repository."""
