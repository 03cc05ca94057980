"""Other machines: remotes and files, what leaves and what arrives."""
