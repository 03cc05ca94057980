"""What `volon conduct` promises, on real repositories."""
