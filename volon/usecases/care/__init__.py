"""Care: what is wrong or left over, and what mends it."""
