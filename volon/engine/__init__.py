"""Runs pipelines: the journal on disk, the tickets as processes, and the one loop between them."""
