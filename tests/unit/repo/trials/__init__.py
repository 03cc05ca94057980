"""Tests of volon.repo, file by file, on real repositories."""
