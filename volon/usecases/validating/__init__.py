"""Validation: rules, and what capsules claim."""
