"""Two machines at once: claims that race."""
