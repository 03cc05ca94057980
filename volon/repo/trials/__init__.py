"""Trials: merges, searches and working trees that leave nothing behind."""
