"""Clothes for results: text for people, JSON for programs."""
