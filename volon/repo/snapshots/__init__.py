"""Snapshots: uncommitted work read, written as git objects, and read again."""
