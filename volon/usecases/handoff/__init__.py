"""Two machines: pauses that leave, arrive and are claimed."""
