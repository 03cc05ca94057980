"""Coding agents: the files by which they know of volon."""
