"""A pause: what is looked at, what is composed from it, and what is saved of the files."""
