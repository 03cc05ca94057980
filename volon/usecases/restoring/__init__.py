"""The user's files: put back, taken back, and what pauses saved of them."""
