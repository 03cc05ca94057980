"""Restore: files and index come back to the byte, nothing is lost on the way, and it can be taken back."""
