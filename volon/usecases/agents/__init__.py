"""Coding agents: the files by which they know of volon, what is wrong with these, what their sessions leave."""
