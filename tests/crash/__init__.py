"""Harnesses that kill, starve and interrupt volon at every point, and the oracle that judges what is left."""
