"""A READY.md and the plan made of it: what it says, what is compiled from it, what workers are told and report."""
