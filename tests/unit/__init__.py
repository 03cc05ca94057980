"""Tests of single modules, mirroring `volon/` path for path; no git and no disk below `model/`."""
