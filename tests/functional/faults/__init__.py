"""Faults with coding agents: each has a case of its own, with what is innocent beside it and the way out."""
